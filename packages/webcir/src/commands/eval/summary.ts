import {
  bootstrapDifference,
  formatTable,
  METHODS,
  type Method,
  meanRows,
  meanValues,
  methodLines,
} from '@webcir/eval';
import { readRanks } from '@webcir/eval/node';
import type { Command } from 'commander';

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
  const runs = await Promise.all(paths.map(readRanks));
  const [{ protocol }] = runs;
  for (const [i, run] of runs.entries()) {
    if (run.protocol === protocol) continue;
    const names = `${paths[0]} by ${protocol.name}, ${paths[i]} by ${run.protocol.name}`;
    throw new Error(`the runs were ranked by different protocols, whose numbers do not compare: ${names}`);
  }
  // A run of one stage lacks some methods.
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
        `${METHODS[better]} minus ${METHODS[than].toLowerCase()}, ${metric.label}: ` +
          `${interval} (95 % bootstrap interval over queries)`,
      );
    }
  }
}
