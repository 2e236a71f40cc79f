export { GalleryIndex, type GalleryOptions, type Neighbours } from '@webcir/eval';
export { openDevice, wrapDevice } from '@webcir/kernels';
export { type Gallery, Retriever, type RetrieverParts, type SearchResult } from './retriever.ts';
