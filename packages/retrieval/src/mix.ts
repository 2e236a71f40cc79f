import type { CheckedQuery } from './query.ts';
import { sharesOf } from './search-graph.ts';

/** A reference that counts more or less than others: its feature [embed], not normalized. */
export interface WeightedFeature {
  readonly feature: Float32Array;
  readonly weight: number;
}

/** The features that a query is made of, [embed] each, not normalized; `fused` as the Combiner gives it. */
export interface QueryParts {
  /** Of the reference, or the mean of several. */
  readonly image: Float32Array | undefined;
  readonly text: Float32Array | undefined;
  /** What the Combiner makes of both, where there is one. */
  readonly fused: Float32Array | undefined;
}

/** The same numbers as the graph of a search computes (`composedQuery`), from features that are here. [embed] */
export function mixParts({ image, text, fused }: QueryParts, weights: CheckedQuery['weights']): Float32Array {
  if (!image || !text) return (image ?? text)!;
  const isWeighted = weights.image !== weights.text;
  if (fused && !isWeighted) return fused;
  const terms = fused ? [normalized(image), normalized(text), fused] : [image, text];
  const shares = isWeighted ? sharesOf(weights, fused !== undefined) : [1, 1];
  const mixed = new Float32Array(image.length);
  for (const [i, term] of terms.entries()) addScaled(mixed, term, shares[i]);
  return isWeighted ? mixed : normalized(mixed);
}

/** A query feature that has moved away from what is to be avoided (`awayFrom`). [embed] */
export function moveAway(query: Float32Array, away: Float32Array | undefined): Float32Array {
  if (!away) return query;
  const moved = normalized(query);
  addScaled(moved, away, -1);
  return moved;
}

/** The weighted mean of references, [embed]; undefined without any. One reference is itself. */
export function meanOf(references: readonly WeightedFeature[]): Float32Array | undefined {
  if (references.length < 2) return references[0]?.feature;
  const total = references.reduce((sum, { weight }) => sum + weight, 0);
  const mean = new Float32Array(references[0].feature.length);
  for (const { feature, weight } of references) addScaled(mean, feature, weight / total);
  return mean;
}

/** The mean of the normalized features of all that is to be avoided, times its weight, [embed]; undefined for nothing. */
export function awayFrom(features: readonly Float32Array[], weight: number): Float32Array | undefined {
  if (weight === 0 || features.length === 0) return undefined;
  const away = new Float32Array(features[0].length);
  for (const feature of features) addScaled(away, feature, weight / features.length / lengthOf(feature));
  return away;
}

/** A feature of length 1 in the same direction; zeros stay zeros. */
export function normalized(feature: Float32Array): Float32Array {
  const length = lengthOf(feature);
  return feature.map((value) => value / length);
}

const lengthOf = (feature: Float32Array): number => Math.max(Math.hypot(...feature), 1e-12);

function addScaled(sum: Float32Array, feature: Float32Array, scale: number): void {
  for (const [i, value] of feature.entries()) sum[i] += scale * value;
}
