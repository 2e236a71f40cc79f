import { writeFile } from 'node:fs/promises';
import { unpublishedCounts } from '@webcir/data';
import {
  checkImages,
  DATASETS,
  type DatasetName,
  type ImageProblem,
  openDataset,
  type SplitReport,
} from '@webcir/data/node';
import type { Command } from 'commander';
import { ProgressLine } from '../../progress.ts';
import { choice } from '../options.ts';

export const registerData = (program: Command): Command =>
  program
    .command('data')
    .description('Looks after data sets.')
    .command('check')
    .description('Opens a data set and every image of it, and tells what is wrong. Exit code 1 if anything is.')
    .addOption(choice('--dataset <name>', 'data set', DATASETS).default('fmnist-cir'))
    .option('--data <folder>', 'folder of a data set that is not embedded')
    .option('--list <file>', 'writes all images with problems to it, a JSON object per line')
    .action(dataCheckCommand);

interface DataCheckOptions {
  readonly dataset: DatasetName;
  /** Folder of a data set that is not embedded. */
  readonly data?: string;
  /** File for all problems, a JSON object per line. */
  readonly list?: string;
}

const kinds: readonly ImageProblem['kind'][] = ['missing', 'empty', 'damaged', 'duplicate'];
const shownProblems = 5;

/** `webcir data check`: opens a data set and every image of it. Exit code 1 where something is wrong. */
async function dataCheckCommand({ dataset: name, data, list }: DataCheckOptions): Promise<void> {
  const dataset = await openDataset(name, data);
  const line = new ProgressLine('images');
  const reports = await checkImages(dataset, {
    onProgress: (done, total) => line.update(done / total, `${formatCount(done)}/${formatCount(total)} opened`),
  });
  const problems = reports.flatMap(({ split, problems }) => problems.map((problem) => ({ split, ...problem })));
  line.finish(`${dataset.name}: ${formatCount(problems.length)} problems`);
  console.log(`\n${formatReports(reports)}`);
  for (const note of unpublishedCounts(dataset)) console.log(`Note: ${note}.`);
  if (problems.length > 0) console.log('');
  for (const { split, message } of problems.slice(0, shownProblems)) console.log(`${split}: ${message}`);
  const more = problems.length - shownProblems;
  if (more > 0) console.log(`and ${formatCount(more)} more${list ? '' : '; --list FILE.jsonl writes all of them'}`);
  if (list) {
    await writeFile(list, problems.map((problem) => `${JSON.stringify(problem)}\n`).join(''));
    console.log(`All problems are in ${list}`);
  }
  if (problems.length > 0) process.exitCode = 1;
}

const formatCount = (count: number): string => count.toLocaleString('en');

/** A line per split, in columns. */
function formatReports(reports: readonly SplitReport[]): string {
  const header = ['split', 'images', 'triplets', ...kinds];
  const rows = reports.map(({ split, images, triplets, problems }) => {
    const counts = kinds.map((kind) => problems.filter((problem) => problem.kind === kind).length);
    return [split, ...[images, triplets, ...counts].map(formatCount)];
  });
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  const align = ([split, ...counts]: string[]) =>
    [split.padEnd(widths[0]), ...counts.map((count, i) => count.padStart(widths[i + 1]))].join('  ');
  return [header, ...rows].map(align).join('\n');
}
