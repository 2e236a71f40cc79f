import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Preprocessing } from '@webcir/clip';
import { loadTokenizer, openClipModel } from '@webcir/clip/node';
import { embeddedPackage } from '@webcir/data/node';
import { openDevice } from '@webcir/kernels';
import { Retriever as PageRetriever, type RetrieverOptions } from '@webcir/retrieval';
import { autotuneDevice, defaultCacheFolder, openCombinerModel } from '@webcir/retrieval/node';
import { RunFolder } from '@webcir/train/node';

/** As in a page; strings that are no addresses are paths, to weights in any container (`.pt`, safetensors, shards). */
export interface NodeRetrieverOptions extends Partial<RetrieverOptions> {
  /** The folder of a run of `webcir train`: its CLIP, its Combiner where it has one, and its preprocessing. */
  readonly run?: string;
  /** Whether kernels are chosen by timing them, up to 1.3 seconds once for an adapter; true unless given, on a device of its own. */
  readonly autotune?: boolean;
}

/** Composed image retrieval over your own images, in Node. */
export class Retriever extends PageRetriever {
  /**
   * Opens the models and copies them to the device: those of a run, or as named; the small CLIP of @webcir/embedded, not tuned, where
   * nothing is named.
   * @throws Error naming the file that is missing or damaged
   */
  static override async load(options: NodeRetrieverOptions = {}): Promise<PageRetriever> {
    const { run, autotune = true, ...given } = options;
    const ofRun = run === undefined ? {} : await openRun(run);
    const named = { ...ofRun, ...given };
    const { clip = await smallClip(), combiner, tokenizer = await loadTokenizer() } = named;
    const opened = named.device === undefined ? await openDevice() : undefined;
    if (opened && autotune) await autotuneDevice(opened, defaultCacheFolder());
    try {
      const models = {
        clip: isPath(clip) ? await openClipModel(clip) : clip,
        combiner: isPath(combiner) ? await openCombinerModel(combiner) : combiner,
        tokenizer,
      };
      return await PageRetriever.open({ ...named, ...models }, opened);
    } catch (error) {
      opened?.close();
      throw error;
    }
  }
}

const smallClip = async (): Promise<string> => fileURLToPath((await embeddedPackage()).clip);

const isPath = (value: unknown): value is string => typeof value === 'string' && !/^[a-z]{2,}:/i.test(value);

/** What a run left; one of stage 1 alone has no Combiner, and queries are then the sum. */
async function openRun(run: string): Promise<Pick<NodeRetrieverOptions, 'clip' | 'combiner' | 'preprocessing'>> {
  const { config } = await RunFolder.find(run);
  const { transform, targetRatio } = config as unknown as Preprocessing;
  const combiner = join(run, 'combiner.safetensors');
  return {
    clip: join(run, 'clip.safetensors'),
    ...(existsSync(combiner) && { combiner }),
    preprocessing: { transform, targetRatio },
  };
}
