import { join } from 'node:path';
import { expectWritable, readTextFile, writeFileAtomic } from '@webcir/clip/node';
import type { Format, Measured, Terms } from '@webcir/eval/compare';
import { readRunConfig } from '@webcir/retrieval/node';
import { type Command, Option } from 'commander';

interface CompareOptions extends Partial<Terms> {
  readonly dataset?: string;
  readonly run?: string;
  readonly metrics: readonly string[];
  readonly format: Format;
  readonly out?: string;
}

const formats: readonly Format[] = ['markdown', 'latex', 'html'];

export const registerCompare = (program: Command): Command =>
  program
    .command('compare')
    .description('Places a run among published results of the same data set, split and protocol, and of no other.')
    .option('--run <folder>', 'the results of a finished run')
    .option('--metrics <files...>', 'what webcir eval --json wrote', [])
    .option('--dataset <name>', 'prints the tables of fashioniq, cirr or circo, without a run')
    .option('--protocol <name>', 'only rows by this protocol; or which numbers of a metrics file are meant')
    .option('--split <name>', 'only rows on this split')
    .option('--query-text <name>', 'only rows with this text of a query (circo)')
    .addOption(new Option('--format <name>', 'how the table is written').choices(formats).default('markdown'))
    .option('--out <file>', 'writes it to a file')
    .action(compareCommand);

/** `webcir compare`: tables of published results, with a run among them, and the poster's claims. */
async function compareCommand(options: CompareOptions): Promise<void> {
  const { out, format, run, metrics } = options;
  if (out !== undefined) await expectWritable(out);
  const { checkClaims, compareRuns, FORMATS, publishedComparisons, publishedTable } = await import(
    '@webcir/eval/compare'
  );
  const measured = [
    ...(run === undefined ? [] : [await runMetrics(run, options)]),
    ...(await Promise.all(metrics.map((file) => fileMetrics(file, options)))),
  ];
  const [first, ...others] = measured;
  const dataset = first?.dataset ?? options.dataset;
  if (dataset === undefined) {
    throw new Error(
      'which results? Add --dataset with fashioniq, cirr or circo, --run with a run, or --metrics with a file',
    );
  }
  const table = publishedTable(dataset);
  const comparisons = first ? [compareRuns(table, [first, ...others])] : publishedComparisons(table, options);
  const text = FORMATS[format](comparisons, checkClaims(table));
  if (out === undefined) process.stdout.write(text);
  else await writeFileAtomic(out, Buffer.from(text));
}

async function runMetrics(folder: string, options: CompareOptions): Promise<Measured> {
  const { chosenMetrics, readRunMetrics } = await import('@webcir/eval/compare');
  const { dataset } = await readRunConfig(folder);
  const text = await readTextFile(join(folder, 'results.json'));
  return expectAsked(chosenMetrics([readRunMetrics(text, folder, String(dataset))], options.protocol), options);
}

async function fileMetrics(file: string, options: CompareOptions): Promise<Measured> {
  const { chosenMetrics, readMetrics } = await import('@webcir/eval/compare');
  return expectAsked(chosenMetrics(readMetrics(await readTextFile(file), file), options.protocol), options);
}

/** @throws where the numbers are of another data set, split or text than the options name */
function expectAsked(measured: Measured, { dataset, split, queryText }: CompareOptions): Measured {
  for (const [option, asked, found] of [
    ['--dataset', dataset, measured.dataset],
    ['--split', split, measured.split],
    ['--query-text', queryText, measured.queryText],
  ]) {
    if (asked === undefined || asked === found) continue;
    throw new Error(`${option} ${asked}: the numbers of ${measured.name} are of ${found}, and do not compare with it`);
  }
  return measured;
}
