export { imageBatchFor, textBatchFor } from './batch-size.ts';
export {
  type EncodedImages,
  ImageEncoder,
  type OnProgress,
  type PlanesOfImage,
  TextEncoderPrograms,
} from './encode.ts';
export type { CombinerExplanation, Explanation } from './explain.ts';
export { type FeatureTable, featureRows, tableOf } from './features.ts';
export { Fusion } from './fusion.ts';
export { Gallery } from './gallery.ts';
export { GalleryIndex, type GalleryOptions, MAX_NEIGHBOURS, type Neighbours } from './gallery-index.ts';
export { type HostImage, type HostPixels, type HostTexture, readPageImage } from './image-input.ts';
export type {
  Avoid,
  ImageFeature,
  ImageSource,
  Query,
  Reference,
  ShownImage,
  WeightedReference,
} from './query.ts';
export { expectCombinerOf, readCombinerModel, storeCombinerModel } from './read-combiner.ts';
export type { ModelSources } from './read-models.ts';
export type { RecordedSearch } from './recorded-search.ts';
export {
  type Entries,
  type IndexOptions,
  Retriever,
  type RetrieverOptions,
  type SearchResult,
} from './retriever.ts';
export { expectFinite } from './rows.ts';
export { isSource, openSource, type Source } from './source.ts';
export type { DownloadProgress, OnDownload } from './sources/progress.ts';
export { type RangeOptions, rangeSource } from './sources/range-source.ts';
export { forgetStored, type StoredFile, storedFiles } from './sources/stored-files.ts';
export { type StoredOptions, storedSource } from './sources/stored-source.ts';
export { byLength, encodeGroups, evenGroups, type GroupLengths, groupTexts } from './text-groups.ts';
