// A retriever's models, small and random, and images for it: in Node and in a page.
import {
  type ClipModel,
  createTokenizer,
  initialVit,
  type RawImage,
  readVocabulary,
  safetensorsPieces,
} from '@webcir/clip';
import { combinerEntries, initialCombiner } from '@webcir/combiner';
import { uniform } from '@webcir/kernels/cases';

export const vocabularyBytes = await bytesOf(new URL('../../clip/assets/clip-vocabulary.txt.gz', import.meta.url));
export const tokenizer = createTokenizer(await readVocabulary(vocabularyBytes));
export const words = 'a red dress is longer with stripes and much darker';

export const random = uniform(3);
const ids = [...new Set([tokenizer.startOfText, ...tokenizer.encode(words), tokenizer.endOfText])];
export const text = { contextLength: 16, textWidth: 64, textLayers: 2, vocabulary: ids.sort((a, b) => a - b) };
export const vision = { embedDim: 22, imageResolution: 16, visionWidth: 64, visionLayers: 2, patchSize: 8 };
export const model: ClipModel = {
  ...initialVit({ ...vision, ...text }, random),
  preprocessing: { transform: 'squarepad', targetRatio: 1.25 },
};
export const sizes = { featureDim: 22, projectionDim: 32, hiddenDim: 64 };
const combinerWeights = initialCombiner(sizes, random);

export const image = (width: number, height: number): RawImage => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: 3 * width * height }, () => random() * 256),
});
export const images = new Map(Array.from({ length: 37 }, (_, i) => [`image ${i}`, image(12 + (i % 9), 10 + (i % 7))]));

/** A file as a page gets it. */
export async function blobOf(content: Parameters<typeof safetensorsPieces>[0]): Promise<Blob> {
  const pieces: BlobPart[] = [];
  for await (const piece of safetensorsPieces(content)) pieces.push(piece.slice());
  return new Blob(pieces);
}

async function bytesOf(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof process === 'undefined') return new Uint8Array(await (await fetch(url)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(url));
}

const shapes = new Map(combinerEntries(sizes).map(({ name, shape }) => [name, shape]));
export const combinerTensors = new Map(
  [...combinerWeights].map(([name, values]) => [name, { shape: shapes.get(name)!, read: async () => values }]),
);
