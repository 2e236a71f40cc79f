import {
  bootstrapDifference,
  formatTable,
  METHODS,
  type Method,
  type Metric,
  methodLines,
  type Protocol,
  type ResultRow,
  scoreCategories,
} from '@webcir/eval';
import type { Command } from 'commander';
import { type RunPlaces, readPlaces } from './places-file.ts';

const comparisons: [better: Method, than: Method][] = [
  ['sum-stage1', 'sum'],
  ['combiner', 'sum-stage1'],
];

export const registerSummary = (program: Command): Command =>
  program
    .command('summary')
    .description('Shows the table over several finished runs, and what each stage gains.')
    .argument('<runs...>', 'run folders, for instance of several seeds')
    .action(summaryCommand);

/** `webcir summary`: the table over several runs (seeds), and whether each stage helps. */
async function summaryCommand(paths: readonly string[]): Promise<void> {
  const runs = await Promise.all(paths.map(readPlaces));
  const [{ protocol }] = runs;
  for (const [i, run] of runs.entries()) {
    if (run.protocol === protocol) continue;
    const names = `${paths[0]} by ${protocol.name}, ${paths[i]} by ${run.protocol.name}`;
    throw new Error(`the runs were ranked by different protocols, whose numbers do not compare: ${names}`);
  }
  // A run of one stage lacks some.
  const isRanked = (method: Method) => runs.every(({ methods }) => methods[method]);
  const ranked = (Object.keys(METHODS) as Method[]).filter(isRanked);
  const rows = ranked.flatMap((method) => meanRows(runs, protocol, method));
  console.log(`${runs.length} runs, mean\n\n${formatTable(methodLines(rows), protocol.metrics)}\n`);
  console.log(`In percent. Protocol ${protocol.name}. ${protocol.description}\n`);
  for (const [better, than] of comparisons.filter((pair) => pair.every(isRanked))) {
    for (const metric of protocol.metrics) {
      const values = (method: Method) => meanValues(runs, method, metric);
      const { difference, low, high } = bootstrapDifference(values(better), values(than), { seed: 1 });
      const interval = `${difference.toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}]`;
      console.log(
        `${METHODS[better]} minus ${METHODS[than].toLowerCase()}, ${metric.label}: ${interval} (95 % bootstrap interval over queries)`,
      );
    }
  }
}

function meanRows(runs: readonly RunPlaces[], protocol: Protocol, method: Method): ResultRow[] {
  const scored = runs.map(({ methods }) =>
    scoreCategories(
      protocol,
      Object.entries(methods[method]!).map(([category, places]) => ({ category, places })),
    ),
  );
  const meanOf = (row: number, { key }: Metric) => mean(scored.map((rows) => rows[row][key]));
  return scored[0].map(({ category }, row): ResultRow => {
    const scores = Object.fromEntries(protocol.metrics.map((metric) => [metric.key, meanOf(row, metric)]));
    return { method, category, ...scores };
  });
}

/** Per category, the value of each query, as the mean over the runs. */
function meanValues(runs: readonly RunPlaces[], method: Method, metric: Metric): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(runs[0].methods[method]!).map(([category, queries]) => [
      category,
      queries.map((_, query) => mean(runs.map(({ methods }) => metric.of(methods[method]![category][query])))),
    ]),
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
