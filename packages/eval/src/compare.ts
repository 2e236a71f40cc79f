// An entry of its own: the tables of published results are loaded by nobody else.

export { type CheckedClaim, checkClaims } from './compare/claims.ts';
export {
  type ComparedCell,
  type ComparedLine,
  type Comparison,
  compareRuns,
  publishedComparisons,
} from './compare/comparison.ts';
export { chosenMetrics, type Measured, readMetrics, readRunMetrics } from './compare/measured.ts';
export type { Source } from './compare/notes.ts';
export { FORMATS, type Format } from './compare/render.ts';
export type { Terms } from './compare/terms.ts';
export {
  type Claim,
  type Dispute,
  KINDS,
  type Kind,
  type PublishedRow,
  type PublishedTable,
} from './state-of-the-art/table.ts';
export { PUBLISHED_DATASETS, publishedTable } from './state-of-the-art/tables.ts';
