import type { StoreEntry } from '@webcir/kernels';
import { type Activation, type ClipConfig, inferConfig, type ModelSettings } from '../config.ts';
import type { Configuration } from '../configuration/read.ts';
import { checkSizes } from '../configuration/sizes.ts';
import { tokenTable } from '../encoders/text.ts';
import { type Preprocessing, TRANSFORMS } from '../preprocess/options.ts';
import { encodeFloat32, isFloat } from '../weights/dtype.ts';
import { toOpenAiNames } from '../weights/names/names.ts';
import { readFloat32, type WeightFile, type WeightTensor } from '../weights/weight-file.ts';
import { knownActivation, settingsMetadata, settingsOf } from './settings.ts';
import { checkWeights } from './shapes.ts';

/** A weight of a model, wherever it is stored. It is read when needed, as models may be too large for memory. */
export interface ModelTensor {
  readonly shape: readonly number[];
  /** Reads the values, in single precision. */
  read(): Promise<Float32Array>;
}

/** A CLIP, not yet on a device. */
export interface ClipModel {
  readonly config: ClipConfig;
  /** Tensors by OpenAI's names. */
  readonly tensors: ReadonlyMap<string, ModelTensor>;
  /**
   * BPE id of each row of `token_embedding.weight`, if the model keeps only the rows that its training texts use. Other
   * words are left out of texts: nothing was learnt about them.
   */
  readonly vocabulary?: readonly number[];
  /** The preprocessing that the model was tuned with, or else that its configuration asks for. */
  readonly preprocessing?: Preprocessing;
}

/** A weight that is held in memory. */
export const hostTensor = (shape: readonly number[], values: Float32Array): ModelTensor => ({
  shape,
  read: async () => values,
});

/** Metadata key of `ClipModel.vocabulary` in safetensors files. */
const VOCABULARY_KEY = 'webcir.vocabulary';

/** The parts of an opened file that make a model. */
type ReadableFile = Pick<WeightFile, 'tensors' | 'metadata'> & Partial<Pick<WeightFile, 'format'>>;

/**
 * Makes a model from an opened weight file with OpenAI's, open_clip's or Hugging Face's names; sizes follow from the
 * shapes.
 * @param configuration what the file does not state itself: the activation by the user's choice, or all that the files
 *   beside it say (`readConfiguration`)
 * @throws naming the tensor, when the file does not hold a whole CLIP; or asking for the activation
 */
export function readClipModel(file: ReadableFile, configuration: Configuration = {}): ClipModel {
  const { sizes = [], preprocessing: configured, ...settings } = configuration;
  const { tensors } = toOpenAiNames(file.tensors);
  for (const [name, { dtype }] of tensors) {
    if (!isFloat(dtype)) throw new Error(`CLIP weights: ${name}: expected floating point values, found ${dtype}.`);
  }
  const config = inferConfig(
    new Map([...tensors].map(([name, { shape }]) => [name, shape])),
    settingsOf(file, { ...settings, ...statedResolution(sizes) }),
  );
  checkSizes(sizes, config);
  checkWeights(tensors, config);
  const vocabulary = file.metadata.get(VOCABULARY_KEY);
  const stored = file.metadata.get(preprocessingKey);
  // Squashed images lose nothing, so that padding them first would only make them smaller.
  const own = configured ?? (config.image.resize === 'squash' ? { transform: 'clip' as const } : undefined);
  const preprocessing = stored === undefined ? own : parsePreprocessing(stored);
  return {
    config,
    tensors: new Map(
      [...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, read: () => readFloat32(tensor) }]),
    ),
    ...(vocabulary !== undefined && { vocabulary: parseVocabulary(vocabulary, config.vocabularySize) }),
    ...(preprocessing !== undefined && { preprocessing }),
  };
}

function statedResolution(sizes: NonNullable<Configuration['sizes']>): Pick<ModelSettings, 'imageResolution'> {
  const value = sizes.find(({ size }) => size === 'image resolution')?.value;
  return typeof value === 'number' ? { imageResolution: value } : {};
}

/** The activation that a file or its configuration states; undefined if nobody does. */
export const statedActivation = (file: ReadableFile, configuration: Configuration): Activation | undefined =>
  knownActivation(file) ?? configuration.activation;

function parseVocabulary(text: string, rows: number): number[] {
  const ids: unknown = JSON.parse(text);
  if (!Array.isArray(ids) || ids.length !== rows || !ids.every((id) => Number.isInteger(id) && id >= 0)) {
    throw new Error(
      `CLIP weights: ${VOCABULARY_KEY}: expected ${rows} token ids, one for each row of token_embedding.weight.`,
    );
  }
  return ids;
}

/** Metadata key of `ClipModel.preprocessing` in safetensors files. */
const preprocessingKey = 'webcir.preprocessing';

function parsePreprocessing(text: string): Preprocessing {
  const { transform, targetRatio } = JSON.parse(text) as Partial<Preprocessing>;
  const isKnown = transform !== undefined && TRANSFORMS.includes(transform);
  if (isKnown && (targetRatio === undefined || targetRatio >= 1)) return { transform, targetRatio };
  throw new Error(
    `CLIP weights: ${preprocessingKey}: expected a transform of ${TRANSFORMS.join(', ')} ` +
      `and a targetRatio of 1 or more, found ${text}.`,
  );
}

/** Content for a file that `readClipModel` reads back. */
export function storeClipModel(
  { tensors, vocabulary, preprocessing, config }: ClipModel,
  dtype: 'F16' | 'F32',
): { tensors: Map<string, WeightTensor>; metadata: Map<string, string> } {
  const metadata = new Map(settingsMetadata(config));
  if (vocabulary) metadata.set(VOCABULARY_KEY, JSON.stringify(vocabulary));
  if (preprocessing) metadata.set(preprocessingKey, JSON.stringify(preprocessing));
  return { tensors: storeTensors(tensors, dtype), metadata };
}

/** Tensors of a model as a file stores them; F16 rounds. */
export const storeTensors = (
  tensors: ReadonlyMap<string, ModelTensor>,
  dtype: 'F16' | 'F32',
): Map<string, WeightTensor> =>
  new Map(
    [...tensors].map(([name, { shape, read }]) => [
      name,
      { dtype, shape, read: async () => encodeFloat32(await read(), dtype) },
    ]),
  );

/** Which encoder a tensor belongs to. */
export const isVisual = (name: string): boolean => name.startsWith('visual.');

/** BatchNorm's statistics are measured, not trained; the logits' scale and bias take no part in CIR's loss. */
export const isTrainable = (name: string): boolean => !/running_(mean|var)$|^logit_(scale|bias)$/.test(name);

/** Names and shapes of a model's tensors, as a `TensorStore` takes them. */
export const entriesOf = (model: ClipModel): StoreEntry[] =>
  [...model.tensors].map(([name, { shape }]) => ({
    name,
    shape: shape.length > 0 ? shape : [1],
    byRows: name === tokenTable,
  }));
