import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadTokenizer, openClipModel } from '@webcir/clip/node';
import { openDevice } from '@webcir/kernels';
import { Retriever } from '@webcir/retrieval';
import { autotuneDevice, defaultCacheFolder, openCombinerModel } from '@webcir/retrieval/node';
import { embeddedClip } from './embedded-clip.ts';

export { decodeImage } from '@webcir/clip/node';

// The same path from src/node.ts and from dist/node.js, so it must stay in this file.
const assets = new URL('../assets/', import.meta.url);

/**
 * Opens what `webcir train` left in a run folder, on the best adapter at hand.
 * @param run for instance 'runs/mine'; without it, the small CLIP that ships with webcir, not tuned
 * @param@param options autotune: whether kernels are chosen by timing them, which takes up to two seconds the first time on an adapter
 * @throws naming the file that is missing or damaged
 */
export async function openRetriever(run?: string, { autotune = true } = {}): Promise<Retriever> {
  const clip = await openClipModel(
    run === undefined ? fileURLToPath(new URL(embeddedClip, assets)) : `${run}/clip.safetensors`,
  );
  // A run of stage 1 alone has none: queries are then the sum.
  const combinerPath = `${run}/combiner.safetensors`;
  const combiner = run !== undefined && existsSync(combinerPath) ? await openCombinerModel(combinerPath) : undefined;
  const device = await openDevice();
  if (autotune) await autotuneDevice(device, defaultCacheFolder());
  return Retriever.create({
    device,
    tokenizer: await loadTokenizer(),
    clip,
    combiner,
  });
}
