import type { QueryText } from '@webcir/data';
import type { Scores } from '../protocols/protocol.ts';

/** What a published method has seen, by its name in the tables; a comparison has a section for each, in this order. */
export const KINDS = {
  'without-clip': 'Without CLIP or BLIP',
  clip4cir: 'CLIP4Cir',
  trained: 'Trained on triplets of the data set',
  'zero-shot': 'Zero-shot: no triplet of the data set was seen',
} as const;

/** One of `KINDS`. */
export type Kind = keyof typeof KINDS;

/** A number that is printed with another value elsewhere, or that does not fit the other numbers of its row. */
export interface Dispute {
  /** Category and metric: `mean.recall_at10`. */
  readonly score: string;
  /** The other value. */
  readonly value: number;
  /** Where that is printed: a name among the table's sources. */
  readonly source: string;
  /** What speaks for one of the two. */
  readonly note?: string;
}

/** A published line of results. What is in neither list, `derived` or `disputed`, was seen in the source. */
export interface PublishedRow {
  readonly method: string;
  /** Where it was published, with the year: `CVPRW 2022`. */
  readonly venue: string;
  readonly year: number;
  readonly backbone: string;
  readonly kind: Kind;
  readonly split: string;
  /** The name of a protocol of this package, or `unknown`. */
  readonly protocol: string;
  /** How the protocol is known. */
  readonly protocolFrom: string;
  /**
   * On CIRCO: what the model read. `rewritten`: a language model wrote a text of its own from the caption; `unknown`: the
   * source does not say.
   */
  readonly queryText?: QueryText | 'rewritten' | 'unknown';
  /** A name among the table's sources. */
  readonly source: string;
  /** How many decimals the source prints (default: two). */
  readonly decimals?: number;
  /** In percent, by category (`mean` over all, `all` where there are none) and metric. */
  readonly scores: Readonly<Record<string, Scores>>;
  /** Scores that are computed from others of the row. */
  readonly derived?: readonly string[];
  readonly disputed?: readonly Dispute[];
}

/** A sentence of the poster about two rows. */
export interface Claim {
  readonly text: string;
  readonly method: string;
  readonly over: string;
  readonly category: string;
  /** The difference in points that it names, by metric. */
  readonly points: Scores;
}

/** What is published on one data set. */
export interface PublishedTable {
  readonly dataset: string;
  /** The data set's name as it is written in a text. */
  readonly title: string;
  readonly sources: Readonly<Record<string, { readonly title: string; readonly url?: string }>>;
  readonly claims: readonly Claim[];
  readonly rows: readonly PublishedRow[];
}
