export { type BootstrapInterval, type BootstrapOptions, bootstrapDifference } from './bootstrap.ts';
export { GalleryIndex, type GalleryOptions, MAX_NEIGHBOURS, type Neighbours } from './gallery.ts';
export {
  type CategoryRecall,
  type CirrMetrics,
  type CirrQuery,
  cirrMetrics,
  fashionIqRecall,
  hitsAt,
  meanAveragePrecisionAt,
  type Ranking,
  recallAt,
} from './metrics.ts';
export { MAX_RANKED, rankGallery, splitRows } from './rank.ts';
export { formatTable } from './report/table.ts';
export { METHODS, type Method, type ReportData, type ResultRow, type Shown } from './report/types.ts';
