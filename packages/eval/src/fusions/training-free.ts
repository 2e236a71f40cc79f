import { bestFirst } from '../best-first.ts';
import { dotRows, meanRow, rowsOf, unitRows } from '../study/vectors.ts';
import type { CategoryFeatures, CategoryFusion } from './category.ts';
import { linearMix, sphericalMix } from './mixes.ts';

/** Ways to query with a CLIP that need no training, by the name that `webcir eval` knows them by. */
export const TRAINING_FREE = {
  'weighted-sum': 'Weighted sum',
  slerp: 'Spherical mean',
  'centred-sum': 'Centred sum',
  product: 'Product of scores',
  rrf: 'Reciprocal rank fusion',
} as const;
/** One of them by its name. */
export type TrainingFree = keyof typeof TRAINING_FREE;

/** Those that take a weight of the text. */
export const WEIGHTED: readonly TrainingFree[] = ['weighted-sum', 'slerp'];

/**
 * A way to query that needs no training, for `Evaluator.judge`.
 * @param textWeight from 0, the reference alone, to 1, the text alone; read by those in `WEIGHTED`
 */
export const trainingFree = (name: TrainingFree, textWeight = 0.5): CategoryFusion => ({
  rankedBy: (features) => fusions[name](features, textWeight),
});

const fusions: Readonly<
  Record<TrainingFree, (features: CategoryFeatures, weight: number) => ReturnType<CategoryFusion['rankedBy']>>
> = {
  /** (1 - w) image + w text, of unit vectors: unlike in the plain sum, their lengths do not count. */
  'weighted-sum': ({ image, text, dim }, weight) => linearMix(unit(image, dim), unit(text, dim), dim, weight),
  slerp: ({ image, text, dim }, weight) => sphericalMix(image, text, dim, weight),
  'centred-sum': centredSum,
  product: scored((image, text) => image.map((score, i) => Math.max(0, score) * Math.max(0, text[i]))),
  rrf: scored((image, text) => {
    const [ofImage, ofText] = [ranks(image), ranks(text)];
    return ofImage.map((rank, i) => 1 / (RANK_OFFSET + rank) + 1 / (RANK_OFFSET + ofText[i]));
  }),
};

/**
 * The sum of both, each as it differs from the mean of its kind, ranked by how the images differ from theirs: what all
 * images have in common, and all texts, cancels (the gap between modalities, Liang et al. 2022). The means are those of
 * the gallery and of the captions of the category's queries, as unit vectors.
 */
function centredSum({ image, text, gallery, dim }: CategoryFeatures) {
  const images = unitRows(gallery, dim);
  const texts = unitRows(text, dim);
  const everyOnce = (values: ArrayLike<number>) => new Float64Array(rowsOf(values, dim)).fill(1);
  const meanImage = meanRow(images, dim, everyOnce(images));
  const meanText = meanRow(texts, dim, everyOnce(texts));
  const references = unitRows(image, dim);
  return {
    queries: Float32Array.from(references, (value, at) => value - meanImage[at % dim] + texts[at] - meanText[at % dim]),
    gallery: Float32Array.from(images, (value, at) => value - meanImage[at % dim]),
  };
}

/** The constant of reciprocal rank fusion (Cormack, Clarke & Büttcher 2009). */
const RANK_OFFSET = 60;

/** @param fuse the score of every image, from its cosines with the reference and with the text */
function scored(fuse: (image: Float64Array, text: Float64Array) => Float64Array) {
  return ({ image, text, gallery, dim }: CategoryFeatures) => {
    const [images, texts, candidates] = [image, text, gallery].map((values) => unitRows(values, dim));
    const cosines = (queries: Float64Array, query: number) =>
      Float64Array.from({ length: rowsOf(candidates, dim) }, (_, row) => dotRows(queries, query, candidates, row, dim));
    return { scores: (query: number) => fuse(cosines(images, query), cosines(texts, query)) };
  };
}

const unit = (values: Float32Array, dim: number) => Float32Array.from(unitRows(values, dim));

/** The rank of every image by its score, from 1; equal scores keep the gallery's order. */
function ranks(scores: Float64Array): Float64Array {
  const found = new Float64Array(scores.length);
  for (const [rank, image] of bestFirst(scores).entries()) found[image] = rank + 1;
  return found;
}
