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
  type DownloadProgress,
  type Entries,
  forgetStored,
  Gallery,
  GalleryIndex,
  type GalleryOptions,
  type IndexOptions,
  type Neighbours,
  type OnDownload,
  type Query,
  type RangeOptions,
  Retriever,
  type RetrieverOptions,
  rangeSource,
  readCombinerModel,
  type SearchResult,
  type Source,
  type StoredFile,
  type StoredOptions,
  storedFiles,
  storedSource,
} from '@webcir/retrieval';
