import type { CombinerExplanation, Gallery, Query, Retriever } from 'webcir';
import { type Need, needOf, type Ranking, rankIn, rankingOf } from './ranking.ts';

/** How many images each column shows. */
export const SHOWN = 50;

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
  /** Within how many results a query counts as solved. */
  readonly solvedWithin: number;
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
  /** The row whose rank is watched: the target, or what was found first. */
  readonly watched: number;
  /** Milliseconds. */
  readonly time: { readonly encoding: number; readonly ranking: number };
}

/** The rank that is left to a row without one of the words. */
export interface WordRank {
  readonly word: string;
  readonly rank: number;
}

/** Searches with both halves of a query, and with each alone. */
export async function search(
  { retriever, gallery }: Searched,
  { query, isWanted, target, solvedWithin }: Asked,
): Promise<Found> {
  const started = performance.now();
  const explained = await retriever.explain(gallery, query, { words: false });
  const encoded = performance.now();
  const rank = (feature: Float32Array) => rankingOf(gallery.scores(feature), isWanted, SHOWN);
  const composed = rank(explained.query);
  const isComposed = explained.image !== undefined && explained.text !== undefined;
  const image = explained.image && (isComposed ? rank(explained.image) : composed);
  const text = explained.text && (isComposed ? rank(explained.text) : composed);
  const watched = target ?? composed.rows[0];
  const time = { encoding: encoded - started, ranking: performance.now() - encoded };
  const rankOf = (ranking: Ranking | undefined) => (target === undefined ? undefined : ranking?.rankOf(target));
  const ranks = { image: rankOf(image), text: rankOf(text), composed: rankOf(composed) };
  const need = target !== undefined && isComposed ? needOf(ranks, solvedWithin) : undefined;
  return { image, text, composed, target, need, combiner: explained.combiner, watched, time };
}

/** The rank of the row that a search watches, without each word of its text: asked for once the results are shown. */
export async function ranksWithoutWords(
  { retriever, gallery }: Searched,
  { query, isWanted }: Asked,
  watched: number,
): Promise<WordRank[]> {
  const { words } = await retriever.explain(gallery, query);
  return words.map(({ word, query: feature }) => ({
    word,
    rank: rankIn(gallery.scores(feature), isWanted, watched) ?? gallery.ids.length,
  }));
}
