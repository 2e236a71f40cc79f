export { openDevice, wrapDevice } from '@webcir/kernels';
export {
  type Gallery,
  GalleryIndex,
  type GalleryOptions,
  type Neighbours,
  Retriever,
  type RetrieverParts,
  type SearchResult,
} from '@webcir/retrieval';
