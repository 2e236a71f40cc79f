import { createHash } from 'node:crypto';
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
 * Features of images from a frozen image encoder: read from the cache, or computed and stored there. A file that is
 * damaged counts as none.
 * @param compute [ids, dim]
 */
export async function cachedFeatures(
  folder: string,
  key: FeatureKey,
  compute: () => Promise<Float32Array>,
): Promise<FeatureTable> {
  const { embedDim } = key.model.config;
  const path = join(folder, 'features', `${await hashOf(key)}.safetensors`);
  const stored = await storedFeatures(path);
  if (stored?.length === key.ids.length * embedDim) return tableOf(key.ids, embedDim, stored);
  const values = await compute();
  const tensors = new Map([['features', fromFloat32(values, [key.ids.length, embedDim])]]);
  const metadata = new Map([
    ['dataset', key.dataset],
    ['sha256', checksumOf(values)],
  ]);
  await writeToCache(folder, () => writeSafetensorsFile(path, { tensors, metadata }));
  return tableOf(key.ids, embedDim, values);
}

/** What a file of the cache holds; undefined where there is none, or it is not what was written. */
async function storedFeatures(path: string): Promise<Float32Array | undefined> {
  try {
    const { tensors, metadata } = await openWeights(path);
    const values = await readFloat32(tensors.get('features')!);
    return checksumOf(values) === metadata.get('sha256') ? values : undefined;
  } catch {
    return undefined;
  }
}

const checksumOf = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');

async function hashOf({ model, preprocessing, dataset, ids, versions }: FeatureKey): Promise<string> {
  const facts = [await imageFingerprint(model, preprocessing, { exact: true }), dataset, ids, versions];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}
