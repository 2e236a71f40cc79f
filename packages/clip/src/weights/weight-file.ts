import { decodeFloat32, encodeFloat32, type TensorDtype } from './dtype.ts';

/** A tensor of a weight file: what is known of it before its data is read. */
export interface WeightTensor {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  /** Its values, little-endian, row-major: `product(shape)` of them; may be a view at any alignment. */
  read(): Promise<Uint8Array>;
  /** Some rows of it as a tensor of their own, where they can be read without the others. */
  rows?(first: number, count: number): WeightTensor;
}

/** Content of a container of any kind. Every size has been checked; no tensor's data is read yet. */
export interface WeightFile {
  /** Name for people: 'safetensors', 'PyTorch (zip)', ... */
  readonly format: string;
  /** Tensors by their names in the file. */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** Other facts in the file: safetensors' `__metadata__`; the `epoch` and the `class` of CLIP4Cir's checkpoints. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** The format of TorchScript archives. */
export const TORCH_SCRIPT = 'PyTorch (TorchScript)';

/** A tensor that is held in memory. */
export interface StoredTensor extends WeightTensor {
  readonly bytes: Uint8Array;
}

/** A tensor that is held in memory as it is stored: `bytes` of `dtype`, little-endian. */
export function storedTensor(dtype: TensorDtype, shape: readonly number[], bytes: Uint8Array): StoredTensor {
  return { dtype, shape, bytes, read: async () => bytes };
}

/** Single precision values as a tensor to be stored. */
export function fromFloat32(
  values: Float32Array,
  shape: readonly number[],
  dtype: 'F32' | 'F16' = 'F32',
): StoredTensor {
  return storedTensor(dtype, shape, encodeFloat32(values, dtype));
}

/** A stored tensor's values in single precision (`decodeFloat32`), in an array of their own. */
export function toFloat32({ dtype, bytes }: StoredTensor): Float32Array<ArrayBuffer> {
  return decodeFloat32(dtype, new Uint8Array(bytes));
}

/** Reads a tensor's values in single precision (`decodeFloat32`). */
export async function readFloat32({ dtype, read }: WeightTensor): Promise<Float32Array<ArrayBuffer>> {
  return decodeFloat32(dtype, await read());
}
