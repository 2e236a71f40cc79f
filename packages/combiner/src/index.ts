export {
  type CombinerConfig,
  type CombinerDropout,
  combine,
  combinerDropout,
  combinerEntries,
  mixedPrecision,
} from './combiner.ts';
export { initialCombiner } from './init.ts';
export { type CombinerModel, type CombinerTensor, combinerModel, uploadCombiner } from './model.ts';
export { elementwiseSum } from './sum.ts';
