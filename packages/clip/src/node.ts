import { readFile } from 'node:fs/promises';
import type { ClipModel } from './model/model.ts';
import { type ImagePool, type ImagePoolOptions, openImagePool } from './node/image-pool.ts';
import { openSiglipTokenizer } from './node/siglip-tokenizer.ts';
import { type ClipTokenizer, createTokenizer, type Tokenizer } from './tokenizer/tokenizer.ts';
import { readVocabulary } from './tokenizer/vocabulary.ts';

export { type AtlasOptions, compressAtlas } from './node/atlas.ts';
export { type CompressOptions, compressImage } from './node/compress.ts';
export { type DecodeLimits, decodeImage } from './node/decode.ts';
export { readJson, writeFileAtomic, writeSafetensorsFile } from './node/files.ts';
export { IMAGE_EXTENSIONS, type ImageFolder, listImages, withoutExtension } from './node/image-folder.ts';
export { lock } from './node/lock.ts';
export { expectFolder, expectWritable, placeOf } from './node/place.ts';
export { copyTokenizer } from './node/siglip-tokenizer.ts';
export { linesOf, readTextFile } from './node/text-file.ts';
export { fileSource } from './node/weights/file-source.ts';
export { configurationBeside, openClipModel } from './node/weights/open-clip-model.ts';
export { openWeights, weightPath } from './node/weights/open-weights.ts';
export { readShardIndex } from './node/weights/shards.ts';
export type { ImagePool, ImagePoolOptions };

// These paths hold from src/node.ts and from dist/node.js alike, so they must stay in this file.
const VOCABULARY = new URL('../assets/clip-vocabulary.txt.gz', import.meta.url);
// Node's threads do not run TypeScript, so they run the built file from src/ too.
const IMAGE_WORKER = new URL('../dist/image-worker.js', import.meta.url);

/** CLIP's tokenizer with the vocabulary that this package carries. */
export async function loadTokenizer(): Promise<ClipTokenizer> {
  return createTokenizer(await readVocabulary(new Uint8Array(await readFile(VOCABULARY))));
}

/**
 * The tokenizer of a model: CLIP's, or for a SigLIP that of the `tokenizer.json` beside its weights.
 * @param path of the weights, as `openClipModel` takes it
 * @throws Error naming the tokenizer.json that is missing or damaged
 */
export const openTokenizer = (path: string, { config }: ClipModel): Promise<Tokenizer> =>
  config.family === 'clip' ? loadTokenizer() : openSiglipTokenizer(path);

/** Starts threads that decode and preprocess image files; the process can end without `close`. */
export const createImagePool = (options: ImagePoolOptions): ImagePool => openImagePool(IMAGE_WORKER, options);
