export { imageBatchFor, textBatchFor } from './batch-size.ts';
export {
  type EncodedImages,
  ImageEncoder,
  type OnProgress,
  type PlanesOfImage,
  type TextEncoderOptions,
  TextEncoderPrograms,
} from './encode.ts';
export type { Entries, IndexOptions } from './encode-images.ts';
export type { CombinerExplanation, Explanation } from './explain.ts';
export { type FeatureTable, featureRows, tableOf } from './features.ts';
export { Fusion } from './fusion.ts';
export { Gallery } from './gallery.ts';
export { GalleryIndex, type GalleryOptions, MAX_NEIGHBOURS, type Neighbours } from './gallery-index.ts';
export { type HostImage, type HostPixels, type HostTexture, readPageImage } from './image-input.ts';
export { normalized } from './mix.ts';
export {
  type Avoid,
  type ImageFeature,
  type ImageSource,
  type Query,
  type Reference,
  type ShownImage,
  type StoreQuery,
  storeSearchOf,
  type WeightedReference,
} from './query.ts';
export { QueryError } from './query-error.ts';
export { expectCombinerOf, readCombinerModel, storeCombinerModel } from './read-combiner.ts';
export type { ModelSources } from './read-models.ts';
export type { RecordedSearch } from './recorded-search.ts';
export { Retriever, type RetrieverOptions } from './retriever.ts';
export { expectFinite } from './rows.ts';
export type { SearchResult } from './search-gallery.ts';
export { isSource, openSource, type Source } from './source.ts';
export type { DownloadProgress, OnDownload } from './sources/progress.ts';
export { type RangeOptions, rangeSource } from './sources/range-source.ts';
export { forgetStored, type StoredFile, storedFiles } from './sources/stored-files.ts';
export { type StoredOptions, storedSource } from './sources/stored-source.ts';
export { joinFeatures, joinRows, type StoreRow } from './stores/check-search.ts';
export { type EncodeIntoOptions, encodeInto, type ImageToStore } from './stores/encode-into.ts';
export type { Condition, Filter, FilterValue } from './stores/filter.ts';
export type { DeviceSource } from './stores/flat/device-segments.ts';
export type { Appender, OpenFile, StoreFiles } from './stores/flat/files.ts';
export { type FlatOptions, FlatStore } from './stores/flat/flat-store.ts';
export { memoryFiles } from './stores/flat/memory-files.ts';
export type { FlatStorage } from './stores/flat/segment.ts';
export { removeSiteFiles, siteFiles } from './stores/flat/site-files.ts';
export {
  expectModel,
  type Metadata,
  type Store,
  type StoredImage,
  type StoreHit,
  type StoreModel,
  type StoreRows,
  type StoreSearch,
  similarTo,
} from './stores/store.ts';
export { byLength, encodeGroups, evenGroups, type GroupLengths, groupTexts } from './text-groups.ts';
