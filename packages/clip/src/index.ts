export {
  ACTIVATIONS,
  type Activation,
  CLIP_IMAGE,
  type ClipConfig,
  type Family,
  type ImageInput,
  inferConfig,
  type ModelSettings,
  type ResnetConfig,
  SIGLIP_IMAGE,
  type VitConfig,
} from './config.ts';
export {
  CONFIGURATION_FILES,
  type Configuration,
  type ConfigurationFiles,
  readConfiguration,
} from './configuration/read.ts';
export { encodeImage } from './encoders/image.ts';
export { channelsLast } from './encoders/pixels.ts';
export { encodeText } from './encoders/text.ts';
export { mixedPrecision, type Weights, weightsOf } from './encoders/weights.ts';
export { ClipOnDemand } from './model/clip-on-demand.ts';
export { clipFingerprint, imageFingerprint, modelFingerprint, sourceFingerprint } from './model/fingerprint.ts';
export { foldBatchNorm } from './model/fold.ts';
export { initialVit, type VitSizes } from './model/init.ts';
export { lightClip, type WorstRow } from './model/light.ts';
export {
  type ClipModel,
  entriesOf,
  expectTrainable,
  hostTensor,
  isTrainable,
  type ModelTensor,
  readClipModel,
  statedActivation,
  storeClipModel,
  storeTensors,
} from './model/model.ts';
export { isVisual, MODEL_PARTS, type ModelPart, modelPart } from './model/parts.ts';
export { weightShapes } from './model/shapes.ts';
export {
  lengthFor,
  packTokens,
  type TextTokenizer,
  type TextTokens,
  type TokenBatch,
  textTokenizer,
} from './model/tokens.ts';
export { type DeviceClip, downloadClip, uploadClip } from './model/upload.ts';
export { withWholeVocabulary } from './model/whole-vocabulary.ts';
export { decodeImage, drawnImage, type PageImage } from './preprocess/decode-page.ts';
export type { RawImage } from './preprocess/image.ts';
export { type Alpha, imagePixels } from './preprocess/image-pixels.ts';
export { normalizePixels } from './preprocess/normalize.ts';
export {
  CLIP4CIR_PREPROCESSING,
  type Preprocessing,
  type PreprocessOptions,
  preprocessOptions,
  TRANSFORMS,
  type Transform,
} from './preprocess/options.ts';
export { imagePlanes, preprocess } from './preprocess/preprocess.ts';
export { createSiglipTokenizer } from './tokenizer/siglip.ts';
export { type ClipTokenizer, createTokenizer, type TokenizeOptions, type Tokenizer } from './tokenizer/tokenizer.ts';
export { fetchVocabulary, readVocabulary } from './tokenizer/vocabulary.ts';
export { DTYPE_BYTES, elementsOf, type TensorDtype } from './weights/dtype.ts';
export type { Int8Rows } from './weights/int8.ts';
export { named } from './weights/named.ts';
export { type Naming, toOpenAiNames, weightsKind } from './weights/names/names.ts';
export { someNames, withoutWrappers } from './weights/names/wrappers.ts';
export { START_BYTES, standIn } from './weights/recognize.ts';
export {
  openSafetensors,
  readSafetensors,
  type Safetensors,
  type SafetensorsContent,
  safetensorsPieces,
} from './weights/safetensors.ts';
export { type ByteSource, blobSource, expectRange, memorySource } from './weights/source.ts';
export { openTorch } from './weights/torch/open-torch.ts';
export { torchZipPieces } from './weights/torch/torch-write.ts';
export {
  fromFloat32,
  readFloat32,
  type StoredTensor,
  storedTensor,
  toFloat32,
  type WeightFile,
  type WeightTensor,
} from './weights/weight-file.ts';
