import { float16FromFloat32, float32FromBfloat16, float32FromFloat16 } from '../float16.ts';

/** Bytes per value of each supported dtype. */
export const DTYPE_BYTES = { F32: 4, F64: 8, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;

/** Storage type of a tensor's values, by safetensors' names. */
export type TensorDtype = keyof typeof DTYPE_BYTES;

export const isDtype = (dtype: unknown): dtype is TensorDtype =>
  typeof dtype === 'string' && Object.hasOwn(DTYPE_BYTES, dtype);

/** Weights are floats; the other dtypes hold counters and flags. */
export const isFloat = (dtype: TensorDtype): boolean => /^B?F\d/.test(dtype);

/** Number of values in a tensor of this shape. */
export const elementsOf = (shape: readonly number[]): number => shape.reduce((total, size) => total * size, 1);

const DECODE: { readonly [dtype in TensorDtype]: (bytes: Uint8Array<ArrayBuffer>) => Float32Array<ArrayBuffer> } = {
  F64: ({ buffer }) => Float32Array.from(new Float64Array(buffer)),
  F32: ({ buffer }) => new Float32Array(buffer),
  F16: ({ buffer }) => float32FromFloat16(new Uint16Array(buffer)),
  BF16: ({ buffer }) => float32FromBfloat16(new Uint16Array(buffer)),
  I64: ({ buffer }) => Float32Array.from(new BigInt64Array(buffer), Number),
  I32: ({ buffer }) => Float32Array.from(new Int32Array(buffer)),
  I16: ({ buffer }) => Float32Array.from(new Int16Array(buffer)),
  I8: ({ buffer }) => Float32Array.from(new Int8Array(buffer)),
  U8: (bytes) => Float32Array.from(bytes),
  BOOL: (bytes) => Float32Array.from(bytes),
};

/**
 * Little-endian values in single precision: exact for F32 and shorter floats, and for integers up to 2^24. The result
 * may be a view of `bytes` where nothing has to be converted.
 */
export function decodeFloat32(dtype: TensorDtype, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  // `slice` would not do: it copies nothing of Node's Buffers.
  return DECODE[dtype]((aligned ? bytes : new Uint8Array(bytes)) as Uint8Array<ArrayBuffer>);
}

/** Single precision as F32 or F16 bytes; F16 rounds to the nearest, ties to even. */
export function encodeFloat32(values: Float32Array, dtype: 'F32' | 'F16'): Uint8Array {
  const stored = dtype === 'F32' ? values : float16FromFloat32(values);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}
