export { imageBatchFor, textBatchFor } from './batch-size.ts';
export { DeviceImages } from './device-images.ts';
export { ImageEncoder, type OnProgress, type PlanesOfImage, TextEncoderPrograms } from './encode.ts';
export { type FeatureTable, featureRows, tableOf } from './features.ts';
export { Fusion } from './fusion.ts';
export { Gallery } from './gallery.ts';
export { GalleryIndex, type GalleryOptions, MAX_NEIGHBOURS, type Neighbours } from './gallery-index.ts';
export type { HostImage, HostPixels, HostTexture, ImageInput, PageImage } from './image-input.ts';
export { expectCombinerOf, readCombinerModel, storeCombinerModel } from './read-combiner.ts';
export {
  type Entries,
  type IndexOptions,
  type Query,
  Retriever,
  type RetrieverOptions,
  type SearchResult,
} from './retriever.ts';
export { expectFinite } from './rows.ts';
export { isSource, openSource, type Source } from './source.ts';
export { byLength, encodeGroups, evenGroups, type GroupLengths, groupTexts } from './text-groups.ts';
