import { type Metric, type Protocol, type Ranks, scoreCategories } from './protocols/protocol.ts';
import type { Method, ResultRow } from './report/types.ts';

/** The ranks of the answers in one run, by method, category and query. */
export interface RunRanks {
  readonly protocol: Protocol;
  readonly methods: Readonly<Partial<Record<Method, Readonly<Record<string, readonly Ranks[]>>>>>;
}

/** A method's line of the table, as the mean over several runs of one protocol. */
export function meanRows(runs: readonly RunRanks[], protocol: Protocol, method: Method): ResultRow[] {
  const scored = runs.map(({ methods }) =>
    scoreCategories(
      protocol,
      Object.entries(methods[method]!).map(([category, ranks]) => ({ category, ranks })),
    ),
  );
  const meanOf = (row: number, { key }: Metric) => mean(scored.map((rows) => rows[row][key]));
  return scored[0].map(({ category, isMean }, row): ResultRow => {
    const scores = Object.fromEntries(protocol.metrics.map((metric) => [metric.key, meanOf(row, metric)]));
    return { method, category, ...(isMean && { isMean }), ...scores };
  });
}

/** The value of each query by category, as the mean over the runs. */
export function meanValues(runs: readonly RunRanks[], method: Method, metric: Metric): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(runs[0].methods[method]!).map(([category, queries]) => [
      category,
      queries.map((_, query) => mean(runs.map(({ methods }) => metric.of(methods[method]![category][query])))),
    ]),
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
