import type { CirDataset, Triplet } from '@webcir/data';

/** A metric's name in `results.json`: CLIP4Cir's where CLIP4Cir has it. */
export type MetricKey =
  | `recall_at${number}`
  | `group_recall_at${number}`
  | `map_at${number}`
  | `ndcg_at${number}`
  | `hit_rate_at${number}`
  | `mean_${string}`;

/** Scores in percent, by metric. */
export type Scores = Readonly<Record<MetricKey, number>>;

export interface CategoryScores extends Scores {
  /** A category of the data set, or the name of the unweighted mean over all of them. */
  readonly category: string;
  /** Set in the mean over all categories: a category of the data set may have its name. */
  readonly isMean?: true;
}

/** The ranks of the answers to one query: all that a metric looks at. They count from 1; 0 is past those ranked. */
export interface Ranks {
  readonly target: number;
  /** Ranks of all correct images, the target among them, where the data set knows several. */
  readonly correct?: readonly number[];
  /** Rank of the target among the other images of its group, where the protocol ranks groups. */
  readonly group?: number;
}

/** One column of a table of results. */
export interface Metric {
  readonly key: MetricKey;
  /** Heading of its column. */
  readonly label: string;
  /** Heading over neighbouring columns that belong together, in a table without categories. */
  readonly family?: string;
  /** The value of one query, 0 to 1: a category's score is the mean over its queries. */
  of(ranks: Ranks): number;
}

/** A way to choose the best checkpoint of a training run. */
export interface Criterion {
  readonly name: string;
  /** Name for use in a sentence. */
  readonly label: string;
  /** Higher is better. */
  of(scores: Scores): number;
}

/** Queries that are ranked against one gallery, and averaged over. */
export interface QueryPart {
  readonly category: string;
  readonly triplets: readonly Triplet[];
  /** Ids of the images; of equal scores the first comes first. */
  readonly gallery: readonly string[];
}

/**
 * How a data set is evaluated. Numbers of different protocols do not compare, so the name stands beside every number.
 */
export interface Protocol {
  readonly name: string;
  /** One sentence for readers who do not know the name. */
  readonly description: string;
  /** Metrics in the order of the table. */
  readonly metrics: readonly Metric[];
  /** The few that a progress line and a training curve show. */
  readonly headline: readonly MetricKey[];
  /** The queries of a split with their galleries; most protocols have a part for each category of the data set. */
  parts(dataset: CirDataset, split: string): readonly QueryPart[];
  /** Whether its galleries hold images of other splits as well, all of which have to be encoded. */
  readonly ranksOtherSplits: boolean;
  /** Whether a query's reference is removed from its ranking. */
  readonly removesReference: boolean;
  /** Whether the other images of a query's group are ranked among themselves, too. */
  readonly ranksGroup: boolean;
  /** How many ranks of a ranking the metrics look at. */
  readonly depth: number;
  /**
   * Criteria that a training run keeps a model by; the first decides what it ends with. None where nothing is trained.
   */
  readonly criteria: readonly Criterion[];
}

/**
 * The scores of every category in the order given, then, where there are several, their `mean`: `mean of all` where a
 * category is called `mean`.
 * @throws RangeError on no category, or one without queries
 */
export function scoreCategories(
  { metrics }: Protocol,
  categories: readonly { readonly category: string; readonly ranks: readonly Ranks[] }[],
): CategoryScores[] {
  if (categories.length === 0) throw new RangeError('categories: expected at least one, found none');
  const rows = categories.map(({ category, ranks }): CategoryScores => {
    if (ranks.length === 0) throw new RangeError(`category ${category}: expected queries, found none`);
    return { category, ...scoresOf(metrics, (metric) => 100 * mean(ranks.map(metric.of))) };
  });
  if (rows.length === 1) return rows;
  const category = rows.some((row) => row.category === 'mean') ? 'mean of all' : 'mean';
  return [...rows, { category, isMean: true, ...scoresOf(metrics, ({ key }) => mean(rows.map((row) => row[key]))) }];
}

/**
 * The scores of the whole data set: the mean over the categories, or the only one. Throws as `scoreCategories` does.
 */
export const overallScores = (...args: Parameters<typeof scoreCategories>): CategoryScores =>
  scoreCategories(...args).at(-1)!;

/**
 * The `parts` of a protocol that ranks each category by itself.
 * @param gallery the images that a category's queries are ranked against (default: all images of its split)
 */
export const byCategory =
  (
    gallery = (dataset: CirDataset, split: string, category: string): readonly string[] =>
      dataset.gallery(split, category),
  ): Protocol['parts'] =>
  (dataset, split) =>
    dataset.categories.map((category) => ({
      category,
      triplets: dataset.triplets(split, category),
      gallery: gallery(dataset, split, category),
    }));

const scoresOf = (metrics: readonly Metric[], score: (metric: Metric) => number): Scores =>
  Object.fromEntries(metrics.map((metric) => [metric.key, score(metric)]));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
