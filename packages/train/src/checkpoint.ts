import { type ModelTensor, readFloat32, storeTensors } from '@webcir/clip';
import type { Adam, TensorStore } from '@webcir/kernels';
import type { RunStorage } from './run/storage.ts';

/** Saves what a training run needs to go on: weights, both moments, the loss scale, and how far it has come. */
export async function saveCheckpoint(
  storage: RunStorage,
  name: string,
  adam: Adam,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = storesOf(adam).flatMap(([prefix, store]) =>
    store.entries.map((entry): [string, ModelTensor] => [
      prefix + entry.name,
      { shape: entry.shape, read: () => store.readTensor(entry.name) },
    ]),
  );
  await storage.write(name, {
    tensors: storeTensors(new Map(tensors), 'F32'),
    metadata: new Map(Object.entries({ ...metadata, ...adam.scaler?.save() })),
  });
}

/**
 * Restores weights, moments and the loss scale.
 * @returns the metadata that was saved with them
 * @throws naming the file and the tensor that is missing or of another shape
 */
export async function loadCheckpoint(
  storage: RunStorage,
  file: string,
  adam: Adam,
): Promise<ReadonlyMap<string, string>> {
  const { tensors, metadata } = await storage.open(file);
  for (const [prefix, store] of storesOf(adam)) {
    for (const { name, shape } of store.entries) {
      const tensor = tensors.get(prefix + name);
      if (!tensor || tensor.shape.join() !== shape.join()) {
        const found = tensor ? `[${tensor.shape}]` : 'none';
        throw new Error(
          `${file}: expected a tensor ${prefix}${name} [${shape}], found ${found}: it belongs to another run`,
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
