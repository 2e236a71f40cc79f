export {
  type CombinerConfig,
  type CombinerDropout,
  type CombinerParts,
  combine,
  combinerDropout,
  combinerEntries,
  combinerParts,
  mixedPrecision,
} from './combiner.ts';
export { initialCombiner } from './init.ts';
export { type CombinerModel, type CombinerTensor, combinerModel, uploadCombiner } from './model.ts';
export { elementwiseSum } from './sum.ts';
