import type { TensorDtype } from './dtype.ts';

/** A tensor of a weight file: what is known of it before its data is read. */
export interface WeightTensor {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  /** Its values, little-endian, row-major: `product(shape)` of them; may be a view at any alignment. */
  read(): Promise<Uint8Array>;
}

/** Weights in a container of any kind, opened: every size is checked, no data is read yet. */
export interface WeightFile {
  /** For people: 'safetensors', 'PyTorch (zip)', ... */
  readonly format: string;
  /** By the names of the file. */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** What else the file says: safetensors' `__metadata__`, the `epoch` and the class of CLIP4Cir's checkpoints. */
  readonly metadata: ReadonlyMap<string, string>;
  close(): Promise<void>;
}
