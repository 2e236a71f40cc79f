export type { ClipModel, Preprocessing, RawImage, Tokenizer } from '@webcir/clip';
export {
  createSiglipTokenizer,
  createTokenizer,
  decodeImage,
  openSafetensors,
  openTorch,
  readClipModel,
} from '@webcir/clip';
export type { CombinerModel } from '@webcir/combiner';
export {
  Device,
  DeviceLostError,
  GpuError,
  MissingPackageError,
  NoAdapterError,
  OutOfMemoryError,
  openDevice,
  requiredFeatures,
  requiredLimits,
  wrapDevice,
} from '@webcir/kernels';
export {
  type Avoid,
  type Entries,
  Gallery,
  GalleryIndex,
  type GalleryOptions,
  type ImageFeature,
  type ImageSource,
  type IndexOptions,
  type ModelSources,
  type Neighbours,
  type Query,
  type RecordedSearch,
  type Reference,
  Retriever,
  type RetrieverOptions,
  readCombinerModel,
  type SearchResult,
  type Source,
  type WeightedReference,
} from '@webcir/retrieval';
