import type { CirDataset, Triplet } from './types.ts';

/** @throws Error when there is nothing to train on */
export function trainingTriplets(dataset: CirDataset): readonly Triplet[] {
  const { train } = dataset.uses;
  if (train !== undefined) return dataset.triplets(train);
  throw new Error(`${dataset.name} has no training split here, only ${dataset.splits.join(', ')}`);
}

/** The ids of the images that an evaluation of one split looks at, each once. */
export function splitImages(dataset: CirDataset, split: string): string[] {
  const references = dataset.triplets(split).map(({ reference }) => reference);
  return [...new Set([...dataset.gallery(split), ...references])];
}

/**
 * The ids of all images that training, validation and test look at, each once.
 * @param options groups: those of the training triplets' groups, too
 */
export function runImages(dataset: CirDataset, { groups = false } = {}): string[] {
  const { validation, test } = dataset.uses;
  const trained = trainingTriplets(dataset).flatMap(({ reference, target, group = [] }) => [
    reference,
    target ?? reference,
    ...(groups ? group : []),
  ]);
  return [...new Set([...trained, ...[validation, test].flatMap((split) => splitImages(dataset, split))])];
}
