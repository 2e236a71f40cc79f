import { type Device, expectFiniteWeights, TensorStore } from '@webcir/kernels';
import { type CombinerConfig, combinerEntries } from './combiner.ts';

/** A Combiner, not yet on a device. */
export interface CombinerModel {
  readonly config: CombinerConfig;
  /** Tensors by CLIP4Cir's names, in single precision. */
  readonly tensors: ReadonlyMap<string, CombinerTensor>;
  /** Fingerprint of the CLIP on whose features it was trained, if its file says it. */
  readonly clip?: string | undefined;
}

/** One tensor of a Combiner, read when it is needed. */
export interface CombinerTensor {
  readonly shape: readonly number[];
  read(): Promise<Float32Array>;
}

/**
 * Makes a model from named tensors; its sizes follow from the shapes.
 * @throws naming the tensor that is missing, has another shape, or is not the Combiner's
 */
export function combinerModel(tensors: ReadonlyMap<string, CombinerTensor>): CombinerModel {
  const sizes = (name: string): readonly number[] => {
    const shape = tensors.get(name)?.shape;
    if (shape?.length === 2) return shape;
    throw new Error(
      `Combiner weights: ${name}: expected two axes, found ${shape ? `[${shape.join(', ')}]` : 'no tensor'}.`,
    );
  };
  const [projectionDim, featureDim] = sizes('text_projection_layer.weight');
  const config = { featureDim, projectionDim, hiddenDim: sizes('combiner_layer.weight')[0] };
  const entries = combinerEntries(config);
  for (const { name, shape } of entries) {
    const found = tensors.get(name)?.shape;
    if (found?.join() !== shape.join() && !(isSingle(shape) && found && isSingle(found))) {
      const text = found ? `[${found.join(', ')}]` : 'none';
      throw new Error(
        `Combiner weights: ${name}: expected [${shape.join(', ')}], as the other tensors have it, found ${text}.`,
      );
    }
  }
  const known = new Set(entries.map(({ name }) => name));
  const other = [...tensors.keys()].find((name) => !known.has(name));
  if (other) throw new Error(`Combiner weights: ${other}: CLIP4Cir's Combiner has no such tensor.`);
  return {
    config,
    tensors: new Map(entries.map(({ name, shape }) => [name, { shape, read: () => tensors.get(name)!.read() }])),
  };
}

/** Whether a shape is that of one value, which files hold with an axis or without. */
const isSingle = (shape: readonly number[]): boolean => shape.length < 2 && shape.every((size) => size === 1);

/** Copies a Combiner to a device. @throws Error naming the first tensor with a value that is not finite */
export async function uploadCombiner(device: Device, { config, tensors }: CombinerModel): Promise<TensorStore> {
  const store = TensorStore.create(device, combinerEntries(config), 'combiner');
  try {
    for (const [name, tensor] of tensors) {
      const values = await tensor.read();
      expectFiniteWeights(`Combiner weights: ${name}`, values);
      await store.upload(name, values);
    }
    return store;
  } catch (error) {
    store.dispose();
    throw error;
  }
}
