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
  wrapDevice,
} from '@webcir/kernels';
export {
  type Entries,
  Gallery,
  GalleryIndex,
  type GalleryOptions,
  type IndexOptions,
  type Neighbours,
  type Query,
  Retriever,
  type RetrieverOptions,
  readCombinerModel,
  type SearchResult,
  type Source,
} from '@webcir/retrieval';
