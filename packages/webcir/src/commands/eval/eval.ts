import { resolve } from 'node:path';
import { expectWritable, writeFileAtomic } from '@webcir/clip/node';
import { type CirDataset, splitImages } from '@webcir/data';
import { DATASETS } from '@webcir/data/node';
import {
  type CategoryScores,
  Evaluator,
  formatTable,
  type Judged,
  type Protocol,
  protocolsFor,
  scoreCategories,
} from '@webcir/eval';
import type { Command } from 'commander';
import { autotuneFor } from '../autotune.ts';
import { incompleteNotes, splitPhrase } from '../notes.ts';
import { choice, skipMissingOption } from '../options.ts';
import { expectSplit, protocolOf } from '../protocols.ts';
import { frozenImageFeatures } from '../session.ts';
import { warnOfCaptions } from '../texts.ts';
import { addModelOptions, type ModelOptions, openModels } from './models.ts';

interface EvalOptions extends ModelOptions {
  readonly protocol?: string;
  readonly split?: string;
  readonly json?: string;
  readonly ranks?: boolean;
}

export function registerEval(program: Command): void {
  const command = program
    .command('eval')
    .description("Evaluates models on a data set by a named protocol (CLIP4Cir's validate.py).")
    .addOption(choice('--dataset <name>', 'data set', DATASETS))
    .addOption(skipMissingOption());
  addModelOptions(command)
    .option('--protocol <name>', "how images are ranked and scored: a protocol of the data set, or 'all' of them")
    .option('--split <name>', 'queries and gallery (default: the split that papers quote)')
    .option('--json <file>', 'writes the numbers to a file as well')
    .option('--ranks', 'with the ranks of the answers to every query in that file, for intervals over the queries')
    .action((options) => evalCommand(options));
}

interface Result {
  readonly protocol: Protocol;
  readonly rows: readonly CategoryScores[];
  readonly judged: readonly Judged[];
}

/** `webcir eval`: one table, with the name and the sentence of every protocol in it. */
async function evalCommand(given: EvalOptions): Promise<void> {
  if (given.ranks && given.json === undefined)
    throw new Error('--ranks needs --json, the file that they are written to');
  if (given.json !== undefined) await expectWritable(given.json);
  const { session, clip, fuse, label, options } = await openModels(given);
  const { dataset, device, splits } = session;
  const split = given.split ?? splits.test;
  expectSplit(dataset, split);
  const evaluators = chosenProtocols(dataset, given.protocol).map(
    (protocol) => new Evaluator(session, split, protocol),
  );
  warnOfCaptions(session, [split]);
  const images = splitImages(dataset, split);
  const reportAutotune = await autotuneFor(device, options);
  const features = await frozenImageFeatures(session, images, true);
  const texts = await evaluators[0].textFeatures(clip.weights);
  const results: Result[] = [];
  for (const evaluator of evaluators) {
    const { protocol } = evaluator;
    const judged = await evaluator.judge(features, texts, fuse);
    results.push({ protocol, rows: scoreCategories(protocol, judged), judged });
  }
  reportAutotune();
  device.close();
  console.log(`\n${label} on ${splitPhrase(dataset, split)}, in percent\n\n${tableOf(label, results)}\n`);
  for (const { protocol } of results) console.log(`Protocol ${protocol.name}. ${protocol.description}`);
  for (const note of incompleteNotes(dataset)) console.log(note);
  if (given.json !== undefined)
    await writeJson(given.json, { ...options, split, ranks: given.ranks }, dataset, results);
}

/** The protocols that are evaluated: the one that is named, or all of the data set's. */
const chosenProtocols = (dataset: CirDataset, name: string | undefined): readonly Protocol[] =>
  name === 'all' ? protocolsFor(dataset) : [protocolOf(dataset, name)];

/** Several protocols stand side by side, with every metric that one of them has. */
function tableOf(label: string, results: readonly Result[]): string {
  const metrics = new Map(results.flatMap(({ protocol }) => protocol.metrics.map((metric) => [metric.key, metric])));
  const lines = results.map(({ protocol, rows }) => ({ label: results.length > 1 ? protocol.name : label, rows }));
  return formatTable(lines, [...metrics.values()]);
}

/** A path that holds in whatever folder the file is read. */
const fullPath = (path: string | undefined) => path && resolve(path);

async function writeJson(
  file: string,
  {
    dataset,
    data,
    split,
    combiningFunction,
    textWeight,
    clipModelName,
    clipModelPath,
    combinerPath,
    transform,
    targetRatio,
    ranks: withRanks,
  }: EvalOptions,
  { incomplete }: CirDataset,
  results: readonly Result[],
): Promise<void> {
  const about = {
    dataset,
    data: fullPath(data),
    incomplete,
    split,
    combining_function: combiningFunction,
    text_weight: textWeight,
    clip_model_name: clipModelName,
    clip_model_path: fullPath(clipModelPath),
    combiner_path: fullPath(combinerPath),
    transform,
    target_ratio: targetRatio,
  };
  const scores = results.map(({ protocol: { name, description }, rows, judged }) => ({
    ...{ protocol: name, description, rows },
    ...(withRanks && { ranks: Object.fromEntries(judged.map(({ category, ranks }) => [category, ranks])) }),
  }));
  await writeFileAtomic(file, Buffer.from(`${JSON.stringify({ ...about, results: scores }, null, 2)}\n`));
}
