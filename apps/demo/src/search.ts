import type { CombinerExplanation, Gallery, Query, Retriever } from 'webcir';
import { type Need, needOf, type Ranking, rankingOf } from './ranking.ts';

/** How many images each column shows. */
export const SHOWN = 50;
/** Within how many results a query counts as solved. */
export const SOLVED_WITHIN = 10;

/** What there is to search. */
export interface Searched {
  readonly retriever: Retriever;
  readonly gallery: Gallery;
}

/** A query of the page: `query` as the retriever takes it. */
export interface Asked {
  readonly query: Query;
  /** Whether a row may be found: the reference is not, nor what lies outside of a lasso. */
  isWanted(row: number): boolean;
  /** Row of the right answer, where it is known. */
  readonly target: number | undefined;
}

/** All that the page shows of one query. */
export interface Found {
  /** By the references alone, by the text alone, by both; the first two are missing where the query lacks them. */
  readonly image: Ranking | undefined;
  readonly text: Ranking | undefined;
  readonly composed: Ranking;
  readonly target: number | undefined;
  /** Which half of the query finds the target; undefined where the target or a half is missing. */
  readonly need: Need | undefined;
  /** What the Combiner did. */
  readonly combiner: CombinerExplanation | undefined;
  /** The row whose rank is watched, the target or what was found first, and its rank without each word. */
  readonly watched: number;
  readonly words: readonly { readonly word: string; readonly rank: number }[];
  /** Milliseconds. */
  readonly time: { readonly encoding: number; readonly ranking: number };
}

/** Searches with both halves of a query, with each alone, and without each word. */
export async function search({ retriever, gallery }: Searched, { query, isWanted, target }: Asked): Promise<Found> {
  const started = performance.now();
  const explained = await retriever.explain(gallery, query);
  const encoded = performance.now();
  const rank = (feature: Float32Array) => rankingOf(gallery.scores(feature), isWanted, SHOWN);
  const composed = rank(explained.query);
  const isComposed = explained.image !== undefined && explained.text !== undefined;
  const image = explained.image && (isComposed ? rank(explained.image) : composed);
  const text = explained.text && (isComposed ? rank(explained.text) : composed);
  const watched = target ?? composed.rows[0];
  const words = explained.words.map((without) => ({
    word: without.word,
    rank: rank(without.query).rankOf(watched) ?? gallery.ids.length,
  }));
  const time = { encoding: encoded - started, ranking: performance.now() - encoded };
  const rankOf = (ranking: Ranking | undefined) => (target === undefined ? undefined : ranking?.rankOf(target));
  const ranks = { image: rankOf(image), text: rankOf(text), composed: rankOf(composed) };
  const need = target !== undefined && isComposed ? needOf(ranks, SOLVED_WITHIN) : undefined;
  return { image, text, composed, target, need, combiner: explained.combiner, watched, words, time };
}
