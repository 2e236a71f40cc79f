export { type CombinerConfig, type CombinerDropout, combine, combinerEntries } from './combiner.ts';
export { elementwiseSum, weightedSum } from './sum.ts';
export { initialCombiner } from './init.ts';
