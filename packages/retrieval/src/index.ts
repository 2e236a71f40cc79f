export { imageBatchFor, textBatchFor } from './batch-size.ts';
export { ImageEncoder, type OnProgress, TextEncoderPrograms } from './encode.ts';
export { type FeatureTable, featureRows, tableOf } from './features.ts';
export { Fusion } from './fusion.ts';
export { GalleryIndex, type GalleryOptions, MAX_NEIGHBOURS, type Neighbours } from './gallery.ts';
export { isCombiner, readCombinerModel } from './read-combiner.ts';
export { type Gallery, Retriever, type RetrieverParts, type SearchResult } from './retriever.ts';
export { byLength, encodeGroups, evenGroups, type GroupLengths, groupTexts } from './text-groups.ts';
