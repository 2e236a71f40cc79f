import { encodeFloat32 } from '../weights/dtype.ts';
import { dequantizeRows, type Int8Rows, scaleName } from '../weights/int8.ts';
import { readFloat32, type WeightFile, type WeightTensor } from '../weights/weight-file.ts';
import type { ModelTensor } from './model.ts';

// Light weights in a file: the matrices as I8 tensors under their own names, each with the scales of its rows, `NAME.scale`.

/** Metadata key of how the weights are stored, where it is not as floats alone. */
export const storageKey = 'webcir.storage';

/** Metadata key of `ClipModel.madeOf`. */
export const madeOfKey = 'webcir.made-of';

type Tensors = ReadonlyMap<string, WeightTensor>;

/**
 * Tells the scales of light weights from the weights. All is weights in a file that does not say that it is light.
 * @returns scales by the names of the tensors that they belong to
 * @throws Error naming a tensor whose scales are missing or do not fit, or a storage that is not known
 */
export function splitScales({ tensors, metadata }: Pick<WeightFile, 'tensors' | 'metadata'>): {
  weights: Tensors;
  scales: Tensors;
} {
  const storage = metadata.get(storageKey);
  const [weights, scales] = [new Map(tensors), new Map<string, WeightTensor>()];
  if (storage === undefined) return { weights, scales };
  if (storage !== 'int8') throw new Error(`CLIP weights: ${storageKey}: expected int8, found ${storage}.`);
  for (const [name, { dtype, shape }] of tensors) {
    if (dtype !== 'I8') continue;
    const scale = tensors.get(scaleName(name));
    if (scale?.dtype !== 'F32' || scale.shape.join() !== `${shape[0]}`) {
      const found = scale ? `${scale.dtype} [${scale.shape.join(', ')}]` : 'none';
      throw new Error(
        `CLIP weights: ${scaleName(name)}: expected F32 [${shape[0]}], one for each row, found ${found}.`,
      );
    }
    scales.set(name, scale);
    weights.delete(scaleName(name));
  }
  return { weights, scales };
}

/** A weight of a model as a file stores it. @param scale of its rows, where it is stored in int8 */
export function storedModelTensor(tensor: WeightTensor, scale: WeightTensor | undefined): ModelTensor {
  const { shape } = tensor;
  const rows = (first: number, count: number) =>
    storedModelTensor(tensor.rows!(first, count), scale?.rows?.(first, count));
  const byRows = tensor.rows && (!scale || scale.rows) ? { rows } : {};
  if (!scale) return { shape, read: () => readFloat32(tensor), ...byRows };
  const readInt8 = async () => {
    const [{ buffer, byteOffset, byteLength }, scales] = await Promise.all([tensor.read(), readFloat32(scale)]);
    return { values: new Int8Array(buffer, byteOffset, byteLength), scales };
  };
  return { ...int8Tensor(shape, readInt8), ...byRows };
}

/** A weight that is stored in int8. */
export const int8Tensor = (shape: readonly number[], readInt8: () => Promise<Int8Rows>): ModelTensor => ({
  shape,
  read: async () => dequantizeRows(await readInt8()),
  readInt8,
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Int8Array) => new Uint8Array(buffer, byteOffset, byteLength);

/** A tensor in int8 as a file stores it, and its scales. */
export const storeInt8 = (
  name: string,
  shape: readonly number[],
  readInt8: () => Promise<Int8Rows>,
): [string, WeightTensor][] => [
  [name, { dtype: 'I8', shape, read: async () => bytesOf((await readInt8()).values) }],
  [
    scaleName(name),
    { dtype: 'F32', shape: [shape[0]], read: async () => encodeFloat32((await readInt8()).scales, 'F32') },
  ],
];
