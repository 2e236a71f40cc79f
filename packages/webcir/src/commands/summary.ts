import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootstrapDifference, formatTable, METHODS, type Method, type ResultRow } from '@webcir/eval';
import type { Command } from 'commander';

/** places.json: per method and category, the place of each query's target from 1, or 0 beyond the first places. */
type Places = Record<Method, Record<string, number[]>>;

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
async function summaryCommand(runs: readonly string[]): Promise<void> {
  const places = await Promise.all(runs.map(readPlaces));
  const methods = Object.keys(METHODS) as Method[];
  const rows = methods.flatMap((method) => meanRows(method, places));
  console.log(`${runs.length} runs, mean\n\n${formatTable(rows)}\n`);
  for (const [better, than] of comparisons) {
    for (const k of [10, 50]) {
      const { difference, low, high } = bootstrapDifference(meanHits(places, better, k), meanHits(places, than, k), {
        seed: 1,
      });
      const interval = `${difference.toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}]`;
      console.log(
        `${METHODS[better]} minus ${METHODS[than].toLowerCase()}, R@${k}: ${interval} (95 % bootstrap interval over queries)`,
      );
    }
  }
}

async function readPlaces(run: string): Promise<Places> {
  const file = join(run, 'places.json');
  if (!existsSync(file)) throw new Error(`${file} is missing: ${run} is not the folder of a finished run`);
  return JSON.parse(await readFile(file, 'utf8'));
}

/** Per category, the share of runs in which each query's target is among the first k. */
function meanHits(places: readonly Places[], method: Method, k: number): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(places[0][method]).map(([category, queries]) => [
      category,
      queries.map((_, query) => mean(places.map((run) => Number(isHit(run[method][category][query], k))))),
    ]),
  );
}

const isHit = (place: number, k: number): boolean => place > 0 && place <= k;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function meanRows(method: Method, places: readonly Places[]): ResultRow[] {
  const [at10, at50] = [10, 50].map((k) => meanHits(places, method, k));
  const rows = Object.keys(at10).map((category) => ({
    method,
    category,
    recall_at10: 100 * mean(at10[category]),
    recall_at50: 100 * mean(at50[category]),
  }));
  const overall = (key: 'recall_at10' | 'recall_at50') => mean(rows.map((row) => row[key]));
  return [
    ...rows,
    { method, category: 'mean', recall_at10: overall('recall_at10'), recall_at50: overall('recall_at50') },
  ];
}
