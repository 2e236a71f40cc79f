import type { Evaluator } from '../evaluator.ts';
import type { Ranks } from '../protocols/protocol.ts';
import type { Figure } from './figures.ts';
import type { StudyMap } from './map/types.ts';
import type { Measurements, Quantity } from './measure.ts';
import type { StudyModel } from './model.ts';
import type { NearestRows } from './movement.ts';
import type { RandomPairs } from './pairs.ts';
import type { GalleryRows } from './ranking.ts';
import type { Space, Stratum } from './space.ts';

/** A part of the study: what was asked, what came out, in words, figures and numbers. */
export interface StudySection {
  readonly id: string;
  readonly title: string;
  /** What is measured and how to read it: the same for every study. */
  readonly about: string;
  /** What came out: made from the numbers and their intervals. */
  readonly findings: readonly string[];
  readonly figures: readonly Figure[];
  readonly numbers: readonly Measurements[];
  /** Maps to move about in; its figures show the same for whoever cannot. */
  readonly map?: StudyMap;
  /** Queries that the section is about, by their number among all of the split. */
  readonly examples?: readonly Example[];
}

/** A query whose target moves from one rank to another. */
export interface Example {
  readonly query: number;
  readonly before: number;
  readonly after: number;
}

/** What the sections of a study are made from. */
export interface StudyData {
  readonly evaluator: Evaluator;
  readonly strata: readonly Stratum[];
  /** Of the captions, [queries]. */
  readonly captions: readonly string[];
  readonly models: readonly StudyModel[];
  /** In the order of the models. */
  readonly spaces: readonly Space[];
  readonly rows: GalleryRows;
  /** Of everything random. */
  readonly seed: number;
  readonly pairs: { readonly queries: RandomPairs; readonly images: RandomPairs };
  /** Measures a quantity in every space. */
  measure(quantity: Quantity): Measurements;
  /** The ranks of the answers for any query features in a space. */
  ranks(space: Space, queries: Float32Array): Promise<readonly Ranks[]>;
  /** The ranks of the targets in the whole gallery, however far down. */
  wholeRanks(space: Space, queries: Float32Array): Float64Array;
  /** The nearest gallery images of rows of a space, [queries, dim], in each one's category. */
  neighbours(space: Space, rows: Float32Array, k: number): Promise<readonly Uint32Array[]>;
  /** The nearest other rows of a set of features of a space, [n, dim]. */
  others(space: Space, rows: Float32Array, k: number): Promise<NearestRows>;
  /** Whether the models can read a caption to its end. */
  fits(caption: string): boolean;
  /** Query features in a space for other captions. */
  queriesFor(space: Space, captions: readonly string[]): Promise<Float32Array>;
}
