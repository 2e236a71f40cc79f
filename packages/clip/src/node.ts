import { readFile } from 'node:fs/promises';
import { createTokenizer, type Tokenizer } from './tokenizer/tokenizer.ts';
import { readVocabulary } from './tokenizer/vocabulary.ts';

export { decodePicture } from './node/decode.ts';
export { writeFileAtomic, writeSafetensorsFile } from './node/files.ts';
export { fileSource } from './node/weights/file-source.ts';
export { knownActivationOf, openClipModel } from './node/weights/open-clip-model.ts';
export { openWeights, weightPath } from './node/weights/open-weights.ts';

// The same path from src/node.ts and from dist/node.js, so it must stay in this file.
const VOCABULARY = new URL('../assets/clip-bpe-merges.txt.gz', import.meta.url);

/** CLIP's tokenizer with the vocabulary that this package carries. */
export async function loadTokenizer(): Promise<Tokenizer> {
  return createTokenizer(await readVocabulary(new Uint8Array(await readFile(VOCABULARY))));
}
