import { float16FromFloat32 } from '../float16.ts';
import type { Preprocessing } from '../preprocess/options.ts';
import type { ClipModel } from './model.ts';
import { isVisual } from './parts.ts';

/**
 * Identifies what makes the feature of an image: the image encoder's weights and sizes, and the preprocessing. Features
 * of different fingerprints do not compare, even if they are of the same width. Files of one model have the same
 * fingerprint, whatever their container and names, in single or half precision; the text encoder has no say in it.
 *
 * Reads all weights of the image encoder: a second for a ViT-B/32.
 * @param model as it was read; BatchNorm not folded (`foldBatchNorm`)
 * @param options exact: tells weights in half precision from those that they were rounded from, so that equal
 *   fingerprints mean equal bits of features
 * @returns 32 hexadecimal digits
 */
export function imageFingerprint(
  model: ClipModel,
  preprocessing: Preprocessing,
  { exact = false } = {},
): Promise<string> {
  return fingerprint(model, { counts: isVisual, facts: imageFacts(model, preprocessing), exact });
}

/**
 * The fingerprint (`imageFingerprint`) of the model that light weights were made of. Its features are not theirs to the
 * bit, but close enough to be searched with theirs: a gallery of that model need not be encoded again.
 * @returns undefined for a model that is not light
 * @throws Error if the file's list of digests is not one of its own tensors
 */
export async function sourceFingerprint(model: ClipModel, preprocessing: Preprocessing): Promise<string | undefined> {
  const { madeOf, tensors } = model;
  if (!madeOf) return undefined;
  const names = counted(model, isVisual);
  if (names.length !== madeOf.length) {
    throw new Error(`CLIP weights: the digests of ${madeOf.length} tensors do not fit the ${names.length} for images.`);
  }
  const digests = names.map((name, i) => [name, tensors.get(name)!.shape, madeOf[i]]);
  return identify(imageFacts(model, preprocessing), digests);
}

/** Digests of the image encoder's tensors in the order of their names, from which `sourceFingerprint` goes on. */
export async function imageDigests(model: ClipModel): Promise<string[]> {
  const digests = await digestsOf(model, isVisual, false);
  return digests.map(([, , digest]) => digest);
}

/** What makes the feature of an image, beside the weights. */
function imageFacts({ config }: ClipModel, preprocessing: Preprocessing): unknown {
  // Whatever is added to these counts, unless it is about texts.
  const {
    contextLength,
    vocabularySize,
    textWidth,
    textHeads,
    textLayers,
    textMlpWidth,
    activation,
    canonicalText,
    ...image
  } = config;
  const { vision } = image;
  const ofImages = vision.kind === 'vit' ? { activation: vision.activation ?? activation } : {};
  // No other transform looks at the ratio.
  const { transform, targetRatio = 1.25 } = preprocessing;
  const padding = transform === 'targetpad' ? { targetRatio } : {};
  return [image, ofImages, { transform, ...padding }];
}

/**
 * Identifies a model by its configuration and the bits of all of its tensors, whatever the file that they came in.
 * @returns 32 hexadecimal digits
 */
export const modelFingerprint = (model: ClipModel): Promise<string> =>
  fingerprint(model, { counts: () => true, facts: model.config, exact: true });

/**
 * Identifies a CLIP by what every training changes: its biases, norms and projections. Takes a moment for a model of
 * any size, as the others do not; says the same of a model in single or half precision.
 * @returns 32 hexadecimal digits
 */
export function clipFingerprint(model: ClipModel): Promise<string> {
  const isSmall = (name: string, shape: readonly number[]) =>
    shape.length === 1 || name === 'text_projection' || name === 'visual.proj';
  return fingerprint(model, { counts: isSmall, facts: model.config.activation, exact: false });
}

/** Which tensors count. */
type Counts = (name: string, shape: readonly number[]) => boolean;

interface Parts {
  readonly counts: Counts;
  /** All else that counts. */
  readonly facts: unknown;
  readonly exact: boolean;
}

async function fingerprint(model: ClipModel, { counts, facts, exact }: Parts): Promise<string> {
  return identify(facts, await digestsOf(model, counts, exact));
}

/** Names of the tensors that count, in order. */
const counted = ({ tensors }: ClipModel, counts: Counts): string[] =>
  [...tensors.keys()].filter((name) => counts(name, tensors.get(name)!.shape)).sort();

type Digest = readonly [name: string, shape: readonly number[], sha256: string];

async function digestsOf(model: ClipModel, counts: Counts, exact: boolean): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (const name of counted(model, counts)) {
    const { shape, read } = model.tensors.get(name)!;
    const values = await read();
    // Rounded, a file in half precision is the same model.
    digests.push([name, shape, await sha256(exact ? values : float16FromFloat32(values))]);
  }
  return digests;
}

async function identify(facts: unknown, digests: readonly unknown[]): Promise<string> {
  const text = JSON.stringify([facts, digests], inOrder);
  return (await sha256(new TextEncoder().encode(text))).slice(0, 32);
}

/** For `JSON.stringify`: the same text for the same entries, whatever order they were made in. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

async function sha256(data: Uint8Array | Uint16Array | Float32Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data as BufferSource));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
