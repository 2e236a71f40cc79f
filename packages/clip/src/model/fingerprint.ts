import type { Preprocessing } from '../preprocess/preprocess.ts';
import { type ClipModel, isVisual } from './model.ts';

/**
 * Identifies what makes the feature of an image: the image encoder's weights and sizes, and the preprocessing. Features
 * of different fingerprints do not compare, even if they are of the same width. Files with the same values have the same
 * fingerprint, whatever their container, names and precision; the text encoder has no say in it.
 *
 * Reads all weights of the image encoder: half a second for a ViT-B/32.
 * @param model as it was read; BatchNorm not folded (`foldBatchNorm`)
 * @returns 32 hexadecimal digits
 */
export async function imageFingerprint(model: ClipModel, preprocessing: Preprocessing): Promise<string> {
  // Whatever is added to these counts, unless it is about texts.
  const { contextLength, vocabularySize, textWidth, textHeads, textLayers, textMlpWidth, activation, ...image } =
    model.config;
  const { vision } = image;
  const ofImages = vision.kind === 'vit' ? { activation: vision.activation ?? activation } : {};
  // No other transform looks at the ratio.
  const { transform, targetRatio = 1.25 } = preprocessing;
  const padding = transform === 'targetpad' ? { targetRatio } : {};
  return digestOf([image, ofImages, { transform, ...padding }, await digestsOf(model, isVisual)]);
}

/**
 * Identifies a model by its configuration and the values of all of its tensors, whatever the file that they came in.
 * @returns 32 hexadecimal digits
 */
export const modelFingerprint = async (model: ClipModel): Promise<string> =>
  digestOf([model.config, await digestsOf(model, () => true)]);

async function digestsOf({ tensors }: ClipModel, isWanted: (name: string) => boolean): Promise<unknown[]> {
  const digests: unknown[] = [];
  for (const name of [...tensors.keys()].filter(isWanted).sort()) {
    const { shape, read } = tensors.get(name)!;
    digests.push([name, shape, await sha256(await read())]);
  }
  return digests;
}

const digestOf = async (facts: readonly unknown[]): Promise<string> =>
  (await sha256(new TextEncoder().encode(JSON.stringify(facts, inOrder)))).slice(0, 32);

/** For `JSON.stringify`: the same text for the same entries, whatever order they were made in. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

async function sha256(data: Uint8Array<ArrayBuffer> | Float32Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data as BufferSource));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
