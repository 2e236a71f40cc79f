import type { StoreEntry } from '@webcir/kernels';
import { type Activation, type ClipConfig, inferConfig, type ModelSettings } from '../config.ts';
import type { Configuration } from '../configuration/read.ts';
import { checkSizes } from '../configuration/sizes.ts';
import { tokenTable } from '../encoders/text.ts';
import { type Preprocessing, TRANSFORMS } from '../preprocess/options.ts';
import { encodeFloat32, isFloat } from '../weights/dtype.ts';
import { type Int8Rows, scaleName } from '../weights/int8.ts';
import { toOpenAiNames } from '../weights/names/names.ts';
import type { SafetensorsContent } from '../weights/safetensors.ts';
import type { WeightFile, WeightTensor } from '../weights/weight-file.ts';
import { madeOfKey, splitScales, storageKey, storedModelTensor, storeInt8 } from './light-file.ts';
import { MODEL_PARTS, modelPart } from './parts.ts';
import { knownActivation, settingsMetadata, settingsOf } from './settings.ts';
import { checkWeights } from './shapes.ts';

/** A weight of a model, wherever it is stored. It is read when needed, as models may be too large for memory. */
export interface ModelTensor {
  readonly shape: readonly number[];
  /** Reads the values, in single precision. */
  read(): Promise<Float32Array>;
  /** Reads them as light weights store them. Missing where they are stored as floats. */
  readInt8?(): Promise<Int8Rows>;
  /** Some rows of it as a tensor of their own, where they can be read without the others. */
  rows?(first: number, count: number): ModelTensor;
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
  /** Of light weights: digests of the image encoder's tensors in the model that they were made of (`imageDigests`). */
  readonly madeOf?: readonly string[];
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
  const { weights, scales } = splitScales(file);
  const { tensors } = toOpenAiNames(weights);
  for (const [name, { dtype }] of tensors) {
    if (!isFloat(dtype) && !scales.has(name))
      throw new Error(`CLIP weights: ${name}: expected floating point values, found ${dtype}.`);
  }
  const config = inferConfig(
    new Map([...tensors].map(([name, { shape }]) => [name, shape])),
    settingsOf(file, { ...settings, ...statedResolution(sizes) }),
  );
  checkSizes(sizes, config);
  checkWeights(tensors, config);
  const vocabulary = file.metadata.get(VOCABULARY_KEY);
  const madeOf = file.metadata.get(madeOfKey);
  const stored = file.metadata.get(preprocessingKey);
  // Squashed images lose nothing, so that padding them first would only make them smaller.
  const own = configured ?? (config.image.resize === 'squash' ? { transform: 'clip' as const } : undefined);
  const preprocessing = stored === undefined ? own : parsePreprocessing(stored);
  return {
    config,
    tensors: new Map([...tensors].map(([name, tensor]) => [name, storedModelTensor(tensor, scales.get(name))])),
    ...(madeOf !== undefined && { madeOf: parseMadeOf(madeOf) }),
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

function parseMadeOf(text: string): string[] {
  const digests: unknown = JSON.parse(text);
  if (Array.isArray(digests) && digests.every((digest) => /^[0-9a-f]{64}$/.test(digest))) return digests;
  throw new Error(`CLIP weights: ${madeOfKey}: expected a list of SHA-256 digests, found ${text.slice(0, 60)}.`);
}

/**
 * Content for a file that `readClipModel` reads back. What the model has in int8 is stored so, with all that texts need
 * before all that images need, and the token table between, so that each is one range of the file.
 * @param dtype of what the model has in floats
 */
export function storeClipModel(
  { tensors, vocabulary, preprocessing, config, madeOf }: ClipModel,
  dtype: 'F16' | 'F32',
): StoredClip {
  const isLight = [...tensors.values()].some(({ readInt8 }) => readInt8);
  const metadata = new Map(settingsMetadata(config));
  if (vocabulary) metadata.set(VOCABULARY_KEY, JSON.stringify(vocabulary));
  if (preprocessing) metadata.set(preprocessingKey, JSON.stringify(preprocessing));
  if (isLight) metadata.set(storageKey, 'int8');
  if (madeOf) metadata.set(madeOfKey, JSON.stringify(madeOf));
  return {
    tensors: storeTensors(tensors, dtype),
    metadata,
    ...(isLight && { group: (name) => MODEL_PARTS.indexOf(modelPart(name)) }),
  };
}

interface StoredClip extends SafetensorsContent {
  readonly tensors: Map<string, WeightTensor>;
  readonly metadata: Map<string, string>;
}

/** Tensors of a model as a file stores them: those in int8 as they are, the others in a dtype; F16 rounds. */
export const storeTensors = (
  tensors: ReadonlyMap<string, ModelTensor>,
  dtype: 'F16' | 'F32',
): Map<string, WeightTensor> =>
  new Map(
    [...tensors].flatMap(([name, { shape, read, readInt8 }]): [string, WeightTensor][] =>
      readInt8
        ? storeInt8(name, shape, readInt8)
        : [[name, { dtype, shape, read: async () => encodeFloat32(await read(), dtype) }]],
    ),
  );

/** BatchNorm's statistics are measured, not trained; the logits' scale and bias take no part in CIR's loss. */
export const isTrainable = (name: string): boolean => !/running_(mean|var)$|^logit_(scale|bias)$/.test(name);

/**
 * Refuses light weights where they would be trained, or where their rounding would be handed on.
 * @param isTrained which tensors would be; all of them unless given
 * @throws Error naming the first one in int8
 */
export function expectTrainable({ tensors }: ClipModel, isTrained: (name: string) => boolean = () => true): void {
  for (const [name, { readInt8 }] of tensors) {
    if (!readInt8 || !isTrained(name)) continue;
    throw new Error(
      `CLIP weights: ${name}: light weights (int8) are for searching alone: take the file that they were made of.`,
    );
  }
}

/** Names and shapes of a model's tensors and their scales, as a `TensorStore` takes them. */
export const entriesOf = (model: ClipModel): StoreEntry[] =>
  [...model.tensors].flatMap(([name, { shape, readInt8 }]): StoreEntry[] => {
    const entry = { name, shape: shape.length > 0 ? shape : [1], byRows: name === tokenTable };
    return readInt8
      ? [
          { ...entry, dtype: 'i8' },
          { name: scaleName(name), shape: [shape[0]] },
        ]
      : [entry];
  });
