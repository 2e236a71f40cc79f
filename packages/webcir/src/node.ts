import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadTokenizer, openClipModel } from '@webcir/clip/node';
import { embeddedPackage } from '@webcir/data/node';
import { openDevice } from '@webcir/kernels';
import { Retriever, retrieverGraphs } from '@webcir/retrieval';
import { autotuneDevice, defaultCacheFolder, openCombinerModel } from '@webcir/retrieval/node';

export { decodeImage } from '@webcir/clip/node';

/**
 * Opens what `webcir train` left in a run folder, on the best adapter at hand.
 * @param run for instance 'runs/mine'; without it, the small CLIP of the package @webcir/embedded, not tuned
 * @param@param options autotune: whether kernels are chosen by timing them, which takes up to two seconds the first time on an adapter
 * @throws naming the file that is missing or damaged
 */
export async function openRetriever(run?: string, { autotune = true } = {}): Promise<Retriever> {
  const clip = await openClipModel(
    run === undefined ? fileURLToPath((await embeddedPackage()).clip) : `${run}/clip.safetensors`,
  );
  // A run of stage 1 alone has none: queries are then the sum.
  const combinerPath = `${run}/combiner.safetensors`;
  const combiner = run !== undefined && existsSync(combinerPath) ? await openCombinerModel(combinerPath) : undefined;
  const device = await openDevice();
  if (autotune) await autotuneDevice(device, retrieverGraphs(device, clip), defaultCacheFolder());
  return Retriever.create({
    device,
    tokenizer: await loadTokenizer(),
    clip,
    combiner,
  });
}
