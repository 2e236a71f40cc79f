// The options that are compared: all else is as `webcir train` and `webcir eval` have it.

/** The run that the others are compared with: CLIP4Cir's recipe. */
export const paper = 'paper';

/** Flags of `webcir train`, by the name of the option, beside `--recipe clip4cir`. */
export const trained = {
  [paper]: [],
  'negatives-all': ['--negatives', 'all'],
  'reference-negatives': ['--reference-negatives'],
  'group-negatives': ['--group-negatives'],
  'mask-false-negatives': ['--mask-false-negatives'],
  'negatives-all-masked': ['--negatives', 'all', '--mask-false-negatives'],
  reversed: ['--reversed-weight', '0.4'],
  'no-dropout': ['--dropout', '0'],
  'negatives-all-no-dropout': ['--negatives', 'all', '--dropout', '0'],
};

/** Options that need more than a data set has. */
export const needsGroups = ['group-negatives'];

/** Flags of `webcir eval`, which are compared with the plain sum of the same CLIP. */
export const untrained = {
  'weighted-sum': ['--combining-function', 'weighted-sum'],
  slerp: ['--combining-function', 'slerp'],
  'centred-sum': ['--combining-function', 'centred-sum'],
  product: ['--combining-function', 'product'],
  rrf: ['--combining-function', 'rrf'],
};
