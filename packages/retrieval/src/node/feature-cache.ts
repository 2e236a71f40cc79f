import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ClipModel, fromFloat32, imageFingerprint, type Preprocessing, readFloat32 } from '@webcir/clip';
import { openWeights, writeSafetensorsFile } from '@webcir/clip/node';
import { type FeatureTable, tableOf } from '../features.ts';
import { writeToCache } from './cache.ts';

/** Everything that an image's feature depends on. */
export interface FeatureKey {
  readonly model: ClipModel;
  readonly preprocessing: Preprocessing;
  readonly dataset: string;
  readonly ids: readonly string[];
  /** Version of each image (`CirDataset.version`). */
  readonly versions: readonly string[];
}

/**
 * Features of images from a frozen image encoder: read from the cache, or computed and stored there.
 * @param compute [ids, dim]
 */
export async function cachedFeatures(
  folder: string,
  key: FeatureKey,
  compute: () => Promise<Float32Array>,
): Promise<FeatureTable> {
  const { embedDim } = key.model.config;
  const path = join(folder, 'features', `${await hashOf(key)}.safetensors`);
  if (existsSync(path)) {
    const stored = (await openWeights(path)).tensors.get('features');
    if (stored?.shape.join() === [key.ids.length, embedDim].join())
      return tableOf(key.ids, embedDim, await readFloat32(stored));
  }
  const values = await compute();
  const tensors = new Map([['features', fromFloat32(values, [key.ids.length, embedDim])]]);
  const metadata = new Map([['dataset', key.dataset]]);
  await writeToCache(folder, () => writeSafetensorsFile(path, { tensors, metadata }));
  return tableOf(key.ids, embedDim, values);
}

async function hashOf({ model, preprocessing, dataset, ids, versions }: FeatureKey): Promise<string> {
  const facts = [await imageFingerprint(model, preprocessing), dataset, ids, versions];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}
