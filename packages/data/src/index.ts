export * from './attributes.ts';
export * from './captions.ts';
export { checkPictures, describeReports, type PictureProblem, type SplitReport, withoutPictures } from './check.ts';
export { describe } from './describe.ts';
export { type EmbeddedDataset, type EmbeddedFiles, openEmbedded } from './embedded.ts';
export { pick, type Random, seededRandom, seedOf, shuffled } from './random.ts';
export type { CirDataset, Triplet } from './types.ts';
