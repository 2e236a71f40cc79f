import type { Weights } from '@webcir/clip';
import type { Tensor } from '@webcir/kernels';
import type { FeatureTable } from '@webcir/retrieval';

/** A score that the best epoch is chosen by: the higher, the better. */
export interface Criterion<Scores> {
  /** Name that stands in the file names of the models that are kept for it. */
  readonly name: string;
  of(scores: Scores): number;
}

/** A judge of the models that a run has after an epoch; `Evaluator` of `@webcir/eval` is one. */
export interface Validation<Scores> {
  /** The first one decides what the run ends with; a model is kept for each of the others. */
  readonly criteria: readonly Criterion<Scores>[];
  /** Text features of the validation captions, by category. */
  textFeatures(weights: Weights): Promise<ReadonlyMap<string, Float32Array>>;
  /** @param fuse makes query features from image and text features */
  scores(
    features: FeatureTable,
    texts: ReadonlyMap<string, Float32Array>,
    fuse: (image: Tensor, text: Tensor) => Tensor,
  ): Promise<Scores>;
}
