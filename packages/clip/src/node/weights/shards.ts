import { dirname, join } from 'node:path';
import { recognize } from '../../weights/recognize.ts';
import { openSafetensors } from '../../weights/safetensors.ts';
import type { ByteSource } from '../../weights/source.ts';
import type { WeightFile, WeightTensor } from '../../weights/weight-file.ts';
import { fileSource } from './file-source.ts';

/** An index names a few thousand tensors; a file of this size is something else. */
const MAX_INDEX_BYTES = 64e6;

/**
 * Opens safetensors in shards by their index (`model.safetensors.index.json`), which is in the same folder.
 * @throws Error naming the index or the shard at fault
 */
export async function openShards(index: ByteSource): Promise<WeightFile> {
  const shardOf = await readShardIndex(index);
  const opened = new Map<string, WeightFile>();
  for (const name of new Set(shardOf.values())) {
    opened.set(name, await openSafetensors(await fileSource(join(dirname(index.name), name))));
  }
  const tensors = new Map<string, WeightTensor>();
  for (const [name, shard] of shardOf) {
    const tensor = opened.get(shard)?.tensors.get(name);
    if (!tensor) throw new Error(`${index.name}: expected the tensor ${name} in ${shard}, found none.`);
    tensors.set(name, tensor);
  }
  return { format: `safetensors in ${opened.size} shards`, tensors, metadata: new Map() };
}

/**
 * The shard of each tensor according to an index (`model.safetensors.index.json`): the name of a file beside the index.
 * @throws Error naming the index and what is wrong with it
 */
export async function readShardIndex({ name, size, read }: ByteSource): Promise<Map<string, string>> {
  if (size > MAX_INDEX_BYTES) throw new Error(`${name}: expected an index, found ${size} bytes.`);
  const bytes = await read(0, size);
  const other = recognize(bytes);
  if (other !== undefined) throw new Error(`${name}: expected an index of shards, found ${other}.`);
  let index: { weight_map?: unknown };
  try {
    index = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Error(`${name}: is not JSON: ${(cause as Error).message}; delete it and download it again.`, { cause });
  }
  const map = index?.weight_map;
  if (typeof map !== 'object' || map === null || Object.keys(map).length === 0) {
    throw new Error(`${name}: expected "weight_map" to name the shard of every tensor.`);
  }
  return new Map(
    Object.entries(map).map(([tensor, shard]) => {
      // A name, never a path: an index must not reach outside its folder.
      if (typeof shard === 'string' && /^[\w.-]+\.safetensors$/.test(shard)) return [tensor, shard];
      throw new Error(
        `${name}: "weight_map", ${tensor}: expected the name of a .safetensors file beside the index, found ${shard}.`,
      );
    }),
  );
}
