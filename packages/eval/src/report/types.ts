import type { CategoryScores, Protocol, Scores } from '../protocols/protocol.ts';

/** The rows of the results table, in the paper's order, by their names in `results.json`. */
export const METHODS = {
  image: 'Image only',
  text: 'Text only',
  sum: 'Sum before tuning',
  'sum-stage1': 'Sum after stage 1',
  combiner: 'Combiner after stage 2',
} as const;

/** A way to query, by its name in `results.json`; `METHODS` has them in words. */
export type Method = keyof typeof METHODS;

/** One line of `results.json`. */
export interface ResultRow extends CategoryScores {
  readonly method: Method;
}

/** An image as the report shows it. */
export interface Shown {
  id: string;
  /** `data:image/...`, so that the page needs no network. */
  image: string;
}

export interface TrainingCurve {
  /** The heading, e.g. `Stage 1: text encoder`. */
  stage: string;
  losses: { step: number; loss: number }[];
  validation: { epoch: number; scores: Scores }[];
}

export interface ReportQuery {
  category: string;
  caption: string;
  reference: Shown;
  target: Shown;
  /** The rank of the target under each method, from 1. */
  ranks: { method: Method; rank: number }[];
  /** What the last method finds, best first: the Combiner, where it was trained. */
  top: Shown[];
  /** Ids of other images that also answer the query, where the data set knows them. */
  alsoCorrect?: string[];
}

/** What a report shows. */
export interface ReportData {
  title: string;
  /** Label and value: model, data set, adapter, seeds, command, durations, ... */
  facts: [label: string, value: string][];
  rows: ResultRow[];
  protocol: Protocol;
  /** The queries that `rows` are about, e.g. `the val split of cirr`. */
  split: string;
  curves: TrainingCurve[];
  queries: ReportQuery[];
  /** Shown below the table. */
  notes?: string[];
}
