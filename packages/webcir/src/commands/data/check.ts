import { expectWritable, loadTokenizer, writeFileAtomic } from '@webcir/clip/node';
import { type CirDataset, longCaptions, unpublishedCounts } from '@webcir/data';
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

export const registerDataCheck = (data: Command): Command =>
  data
    .command('check')
    .description('Opens a data set and every image of it, and tells what is wrong. Exit code 1 if anything is.')
    .addOption(choice('--dataset <name>', 'data set', DATASETS).default('fmnist-cir'))
    .option('--data <folder>', 'folder of a data set that is not embedded')
    .option('--list <file>', 'writes all problems to it, a JSON object per line')
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
/** Tokens that every published CLIP reads, start and end included. */
const contextLength = 77;

/** `webcir data check`: opens a data set and every image of it. Exit code 1 where something is wrong. */
async function dataCheckCommand({ dataset: name, data, list }: DataCheckOptions): Promise<void> {
  if (list !== undefined) await expectWritable(list);
  const dataset = await openDataset(name, data);
  const line = new ProgressLine('images');
  const reports = await checkImages(dataset, {
    onProgress: (done, total) => line.update(done / total, `${formatCount(done)}/${formatCount(total)} opened`),
  });
  const { cut, refused } = await longCaptionsOf(dataset);
  const problems = [
    ...refused,
    ...reports.flatMap(({ split, problems }) => problems.map((problem) => ({ split, ...problem }))),
  ];
  line.finish(`${dataset.name}: ${formatCount(problems.length)} problems`);
  console.log(`\n${formatReports(reports)}`);
  for (const note of unpublishedCounts(dataset)) console.log(`Note: ${note}.`);
  for (const { split, message } of cut.slice(0, shownProblems)) console.log(`Note: ${split}: ${message}`);
  if (cut.length > shownProblems) console.log(`Note: ${formatCount(cut.length - shownProblems)} more like this.`);
  if (dataset.leftOut) console.log(`Note: taken for no image in ${dataset.leftOut}.`);
  if (problems.length > 0) console.log('');
  for (const { split, message } of problems.slice(0, shownProblems)) console.log(`${split}: ${message}`);
  const more = problems.length - shownProblems;
  if (more > 0) console.log(`and ${formatCount(more)} more${list ? '' : '; --list FILE.jsonl writes all of them'}`);
  if (list) {
    await writeFileAtomic(list, Buffer.from(problems.map((problem) => `${JSON.stringify(problem)}\n`).join('')));
    console.log(`All problems are in ${list}`);
  }
  if (problems.length > 0) process.exitCode = 1;
}

/** A caption that CLIP does not read to its end. */
interface TextProblem {
  readonly split: string;
  /** Id of the triplet. */
  readonly id: string;
  readonly kind: 'long';
  readonly message: string;
}

/** Captions with more tokens than CLIP reads: training cuts them, an evaluation refuses them. */
async function longCaptionsOf(dataset: CirDataset): Promise<Record<'cut' | 'refused', readonly TextProblem[]>> {
  const tokenizer = await loadTokenizer();
  const { train, validation, test, submission } = dataset.uses;
  const problemsOf = (split: string, consequence: string) =>
    longCaptions(dataset, split, contextLength, (text) => tokenizer.encode(text).length + 2).map(
      ({ id, place, caption, tokens }): TextProblem => ({
        split,
        id,
        kind: 'long',
        message: `${place}: ${tokens} tokens, ${consequence} ${contextLength}: ${JSON.stringify(caption)}`,
      }),
    );
  const isCut = (split: string) => split === train && ![validation, test, submission].includes(split);
  return {
    cut: dataset.splits.filter(isCut).flatMap((split) => problemsOf(split, 'of which training takes')),
    refused: dataset.splits
      .filter((split) => !isCut(split))
      .flatMap((split) => problemsOf(split, 'CLIP reads at most')),
  };
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
