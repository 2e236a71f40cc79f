import {
  CLIP4CIR_PREPROCESSING,
  type ClipModel,
  createTokenizer,
  foldBatchNorm,
  named,
  openSafetensors,
  type Preprocessing,
  readClipModel,
  readVocabulary,
  type Tokenizer,
} from '@webcir/clip';
import type { CombinerModel } from '@webcir/combiner';
import type { Models } from './models-on-device.ts';
import { expectCombinerOf, readCombinerModel } from './read-combiner.ts';
import { isSource, openSource, type Source } from './source.ts';

/** Where the models of a retriever come from. */
export interface ModelSources {
  /** CLIP: a safetensors file as an address, Blob or bytes, or a model that has been read (`readClipModel`). */
  readonly clip: Source | ClipModel;
  /** The Combiner, given in the same ways. Without it, queries are the plain sum of both features. */
  readonly combiner?: Source | CombinerModel | undefined;
  /**
   * The model's tokenizer (`createSiglipTokenizer` for a SigLIP), or CLIP's vocabulary (`clip-vocabulary.txt.gz`) as an
   * address, Blob or bytes.
   */
  readonly tokenizer: Source | Tokenizer;
  /** How images become the encoder's input: as the model says (`ClipModel.preprocessing`) unless given. */
  readonly preprocessing?: Preprocessing | undefined;
}

/** The models whose weights a search computes with. */
export type Encoders = Pick<Models, 'clip' | 'given' | 'combiner'>;

/**
 * Reads the models, all files at once; of the weights no more than their shapes.
 * @param onShapes called with the encoders while the rest is still being read
 * @throws Error naming the file at fault; RangeError for a Combiner of another CLIP
 */
export async function readModels(sources: ModelSources, onShapes?: (encoders: Encoders) => void): Promise<Models> {
  const reading = readEncoders(sources).then((encoders) => {
    onShapes?.(encoders);
    return encoders;
  });
  const [encoders, tokenizer] = await Promise.all([reading, openTokenizer(sources.tokenizer)]);
  const { given, combiner } = encoders;
  if (combiner) await expectCombinerOf(given, combiner);
  const preprocessing = sources.preprocessing ?? given.preprocessing ?? CLIP4CIR_PREPROCESSING;
  return { ...encoders, tokenizer, preprocessing };
}

async function readEncoders(sources: ModelSources): Promise<Encoders> {
  const [given, combiner] = await Promise.all([openClip(sources.clip), openCombiner(sources.combiner)]);
  return { clip: foldBatchNorm(given), given, combiner };
}

const openClip = async (clip: Source | ClipModel): Promise<ClipModel> =>
  isSource(clip) ? readNamed(clip, 'clip', (file) => readClipModel(file)) : clip;

const openCombiner = async (combiner: Source | CombinerModel | undefined): Promise<CombinerModel | undefined> =>
  isSource(combiner) ? readNamed(combiner, 'combiner', readCombinerModel) : combiner;

/** Reads a model from a safetensors file. @throws Error naming the file */
async function readNamed<Model>(
  source: Source,
  what: string,
  read: (file: Awaited<ReturnType<typeof openSafetensors>>) => Model,
): Promise<Model> {
  const bytes = await openSource(source, what);
  const file = await openSafetensors(bytes);
  return named(bytes.name, () => read(file));
}

async function openTokenizer(tokenizer: Source | Tokenizer): Promise<Tokenizer> {
  if (!isSource(tokenizer)) return tokenizer;
  const bytes = await openSource(tokenizer, 'tokenizer');
  const whole = await bytes.read(0, bytes.size);
  return named(bytes.name, async () => createTokenizer(await readVocabulary(whole.slice())));
}
