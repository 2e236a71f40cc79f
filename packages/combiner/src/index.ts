export { type CombinerConfig, type CombinerDropout, combine, combinerEntries, mixedPrecision } from './combiner.ts';
export { combinerDropout } from './dropout.ts';
export { initialCombiner } from './init.ts';
export { type CombinerModel, type CombinerTensor, combinerModel, uploadCombiner } from './model.ts';
export { elementwiseSum } from './sum.ts';
