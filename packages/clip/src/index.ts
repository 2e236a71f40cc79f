export { type ClipConfig, inferConfig, type ResnetConfig, type VitConfig } from './config.ts';
export { encodeImage } from './encoders/image.ts';
export { channelsLast } from './encoders/pixels.ts';
export { encodeText } from './encoders/text.ts';
export { type Weights, weightsOf } from './encoders/weights.ts';
export { foldBatchNorm } from './model/fold.ts';
export { initialVit, type VitSizes } from './model/init.ts';
export {
  type ClipModel,
  entriesOf,
  type HostTensor,
  isTrainable,
  isVisual,
  readClipModel,
  storeClipModel,
} from './model/model.ts';
export { lengthFor, packTokens, type TextTokens, type TokenBatch, textTokenizer } from './model/tokens.ts';
export { type DeviceClip, downloadClip, uploadClip } from './model/upload.ts';
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
