export { type ClipConfig, inferConfig, type ResnetConfig, type VitConfig } from './config.ts';
export { CLIP_MEAN, CLIP_STD, normalizePixels } from './preprocess/normalize.ts';
export type { Picture } from './preprocess/picture.ts';
export { type PreprocessOptions, preprocess, TRANSFORMS, type Transform } from './preprocess/preprocess.ts';
export {
  fromFloat32,
  readSafetensors,
  type Safetensors,
  type StoredTensor,
  safetensorsPieces,
  type TensorDtype,
  toFloat32,
  writeSafetensors,
} from './safetensors.ts';
export { createTokenizer, type TokenizeOptions, type Tokenizer } from './tokenizer/tokenizer.ts';
export { fetchVocabulary, readVocabulary } from './tokenizer/vocabulary.ts';
