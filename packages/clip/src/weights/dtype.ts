/** Bytes of one value of each dtype that is read. */
export const DTYPE_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
export type TensorDtype = keyof typeof DTYPE_BYTES;

export const isDtype = (dtype: unknown): dtype is TensorDtype =>
  typeof dtype === 'string' && Object.hasOwn(DTYPE_BYTES, dtype);

/** Weights; the others are counters and flags. */
export const isFloat = (dtype: TensorDtype): boolean => /^B?F\d/.test(dtype);

export const elementsOf = (shape: readonly number[]): number => shape.reduce((total, size) => total * size, 1);
