export * from './attributes.ts';
export * from './captions.ts';
export { describe } from './describe.ts';
export { type EmbeddedDataset, type EmbeddedFiles, openEmbedded } from './embedded.ts';
export { runImages, splitImages, trainingTriplets } from './images-of.ts';
export { unpublishedCounts } from './published.ts';
export { pick, type Random, seededRandom, seedOf, shuffled } from './random.ts';
export type { CirDataset, SplitUses, Triplet } from './types.ts';
export { withoutImages } from './without.ts';
