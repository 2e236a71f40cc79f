import type { ClipConfig, Weights } from '@webcir/clip';
import { compile, type Device, input, type Tensor } from '@webcir/kernels';
import { type FeatureTable, featureRows, TextEncoderPrograms } from '@webcir/retrieval';
import type { CategoryQueries } from '../queries.ts';
import type { QueryParts, Space, Stage, Stratum } from './space.ts';

/** A model to be studied, on the device of the study. */
export interface StudyModel {
  readonly stage: Stage;
  /** Whether its CLIP is that of the model before it. */
  readonly sameClip: boolean;
  /** Of its text encoder. */
  readonly weights: Weights;
  /** Of every image of the split, as its image encoder gives them. */
  readonly features: FeatureTable;
  /** The Combiner's terms (`combinerParts`) for features of [batch, dim]; without, a query is the plain sum. */
  readonly parts?: (image: Tensor, text: Tensor) => { readonly learned: Tensor; readonly lambda: Tensor };
}

/** The queries and images of every category of a split, by their numbers. */
export const strataOf = (categories: readonly CategoryQueries[]): Stratum[] =>
  categories.map(({ category, triplets, gallery }) => ({ category, queries: triplets.length, images: gallery.length }));

/**
 * The features of a split under one model.
 * @param texts of the captions, [queries, dim]
 */
export async function spaceOf(
  device: Device,
  model: StudyModel,
  categories: readonly CategoryQueries[],
  texts: Float32Array,
): Promise<Space> {
  const { stage, sameClip, features } = model;
  const triplets = categories.flatMap((category) => category.triplets);
  const references = featureRows(
    features,
    triplets.map(({ reference }) => reference),
  );
  return {
    stage,
    sameClip,
    dim: features.dim,
    gallery: featureRows(
      features,
      categories.flatMap(({ gallery }) => gallery),
    ),
    references,
    targets: featureRows(
      features,
      triplets.map(({ target }) => target!),
    ),
    texts,
    ...(await queryFeatures(device, model, references, texts)),
  };
}

/**
 * The features of texts under one model.
 * @param texts token rows @returns [texts, dim], not normalized
 */
export async function textFeatures(
  device: Device,
  config: ClipConfig,
  { weights }: StudyModel,
  texts: readonly (readonly number[])[],
): Promise<Float32Array> {
  const encoder = new TextEncoderPrograms(device, config, weights);
  const features = await encoder.encode(texts);
  await encoder.dispose();
  return features;
}

/** Queries that go through a Combiner at once. */
const BATCH = 256;

/**
 * Query features before they are normalized, and the Combiner's terms where it makes them.
 * @param images [queries, dim] @param texts [queries, dim]
 */
export async function queryFeatures(
  device: Device,
  { features: { dim }, parts: partsOf }: StudyModel,
  images: Float32Array,
  texts: Float32Array,
): Promise<{ readonly queries: Float32Array; readonly parts?: QueryParts }> {
  if (!partsOf) return { queries: images.map((value, at) => value + texts[at]) };
  const { learned, lambda } = partsOf(input('image', [BATCH, dim]), input('text', [BATCH, dim]));
  const program = await compile(device, { outputs: { learned, lambda } });
  const parts = { learned: new Float32Array(images.length), lambda: new Float32Array(images.length / dim) };
  for (let start = 0; start < images.length; start += BATCH * dim) {
    const part = (values: Float32Array) => {
      const padded = new Float32Array(BATCH * dim);
      padded.set(values.subarray(start, start + BATCH * dim));
      return padded;
    };
    const result = await program.runAndRead({ image: part(images), text: part(texts) }, ['learned', 'lambda']);
    const rows = Math.min(BATCH, (images.length - start) / dim);
    parts.learned.set(result.learned.subarray(0, rows * dim), start);
    parts.lambda.set(result.lambda.subarray(0, rows), start / dim);
  }
  program.dispose();
  const queries = images.map((image, at) => {
    const lambda = parts.lambda[Math.floor(at / dim)];
    return parts.learned[at] + lambda * texts[at] + (1 - lambda) * image;
  });
  return { queries, parts };
}
