import type { Weights } from '@webcir/clip';
import type { Tensor } from '@webcir/kernels';
import type { FeatureTable } from '@webcir/retrieval';

/** Something that the best epoch is chosen by: the higher, the better. */
export interface Criterion<Scores> {
  /** Stands in the names of the models that are kept for it. */
  readonly name: string;
  of(scores: Scores): number;
}

/** What a run looks at after an epoch; `Evaluator` of `@webcir/eval` is one. */
export interface Validation<Scores> {
  /** The first one decides what the run ends with; a model is kept for each of the others. */
  readonly criteria: readonly Criterion<Scores>[];
  /** Text features of the validation captions, by category. */
  textFeatures(weights: Weights): Promise<ReadonlyMap<string, Float32Array>>;
  /** @param fuse makes query features of image and text features */
  scores(
    features: FeatureTable,
    texts: ReadonlyMap<string, Float32Array>,
    fuse: (image: Tensor, text: Tensor) => Tensor,
  ): Promise<Scores>;
}
