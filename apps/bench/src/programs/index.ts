import { block } from './block.ts';
import { imageEncoder } from './image-encoder.ts';
import { overhead } from './overhead.ts';
import { retrieval } from './retrieval.ts';
import { starts } from './start.ts';
import { textEncoder } from './text-encoder.ts';
import { trainingSteps } from './training-steps.ts';

/** The workloads that are timed as a whole. */
export const programs = [
  ...textEncoder,
  ...imageEncoder,
  ...block,
  ...trainingSteps,
  ...retrieval,
  ...overhead,
  ...starts,
];
