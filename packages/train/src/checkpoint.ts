import { type ModelTensor, readFloat32, storeTensors } from '@webcir/clip';
import { openWeights, writeSafetensorsFile } from '@webcir/clip/node';
import type { Adam, TensorStore } from '@webcir/kernels';

/** What a training run needs to go on: weights, both moments, the loss scale, and where it was. */
export async function saveCheckpoint(
  path: string,
  adam: Adam,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = storesOf(adam).flatMap(([prefix, store]) =>
    store.entries.map(({ name, shape }): [string, ModelTensor] => [
      prefix + name,
      { shape, read: () => store.readTensor(name) },
    ]),
  );
  await writeSafetensorsFile(path, {
    tensors: storeTensors(new Map(tensors), 'F32'),
    metadata: new Map(Object.entries({ ...metadata, ...adam.scaler?.save() })),
  });
}

/**
 * Puts weights, moments and the loss scale back.
 * @returns the metadata that was saved with them
 * @throws naming the file and the tensor that is missing or of another shape
 */
export async function loadCheckpoint(path: string, adam: Adam): Promise<ReadonlyMap<string, string>> {
  const { tensors, metadata } = await openWeights(path);
  for (const [prefix, store] of storesOf(adam)) {
    for (const { name, shape } of store.entries) {
      const tensor = tensors.get(prefix + name);
      if (!tensor || tensor.shape.join() !== shape.join()) {
        throw new Error(
          `${path}: expected a tensor ${prefix}${name} [${shape}], found ${tensor ? `[${tensor.shape}]` : 'none'}: it belongs to another run`,
        );
      }
      await store.upload(name, await readFloat32(tensor));
    }
  }
  adam.scaler?.restore(metadata);
  return metadata;
}

const storesOf = ({ parameters, moments }: Adam): [string, TensorStore][] => [
  ['', parameters],
  ['adam.m.', moments.m],
  ['adam.v.', moments.v],
];
