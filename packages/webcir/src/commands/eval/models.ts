import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DeviceClip, named, type Transform, uploadClip } from '@webcir/clip';
import { type CombinerModel, combine, elementwiseSum, uploadCombiner } from '@webcir/combiner';
import type { DatasetName } from '@webcir/data/node';
import { type Fuse, TRAINING_FREE, type TrainingFree, trainingFree, WEIGHTED } from '@webcir/eval';
import type { Tensor } from '@webcir/kernels';
import { expectCombinerOf } from '@webcir/retrieval';
import { openCombinerModel } from '@webcir/retrieval/node';
import { modelFile } from '@webcir/train';
import { RunFolder } from '@webcir/train/node';
import type { Command } from 'commander';
import { type AutotuneOption, noAutotuneOption } from '../autotune.ts';
import { addClipOptions, type ClipSource } from '../clip-source.ts';
import { preprocessingNotes, smallClipNotes } from '../notes.ts';
import { choice, numberBetween, targetRatioOption, transformOption, truncateOption, wholeNumber } from '../options.ts';
import { openSession, type Session } from '../session.ts';

const labels = { combiner: 'Combiner', sum: 'Sum', image: 'Image only', text: 'Text only', ...TRAINING_FREE };
type CombiningFunction = keyof typeof labels;
const combiningFunctions = Object.keys(labels) as CombiningFunction[];

/**
 * Which models are evaluated on which data: the options of CLIP4Cir's validate.py, and `--run` for all of them at once.
 */
export interface ModelOptions extends ClipSource, AutotuneOption {
  readonly dataset?: DatasetName;
  readonly data?: string;
  readonly skipMissing?: boolean;
  readonly run?: string;
  readonly combiningFunction?: CombiningFunction;
  /** Of the text, from 0 to 1, where the combining function has one. */
  readonly textWeight?: number;
  readonly combinerPath?: string;
  readonly projectionDim?: number;
  readonly hiddenDim?: number;
  readonly transform?: Transform;
  readonly targetRatio?: number;
  readonly truncate?: boolean;
}

export const addModelOptions = (command: Command): Command =>
  addClipOptions(command)
    .option('--data <folder>', 'folder of a data set that is not embedded')
    .option(
      '--run <folder>',
      'takes models, data set and preprocessing from the folder of a run, where they are not given',
    )
    .addOption(
      choice('--combining-function <name>', 'how a query is made (default with --run: combiner)', combiningFunctions),
    )
    .option(
      '--text-weight <w>',
      `weight of the text for --combining-function ${WEIGHTED.join(' and ')} (default: 0.5)`,
      numberBetween(0, 1),
    )
    .option('--combiner-path <file>', 'trained Combiner')
    .option('--projection-dim <n>', "width of the Combiner's projections, to be checked", wholeNumber(1))
    .option('--hidden-dim <n>', "width of the Combiner's hidden layers, to be checked", wholeNumber(1))
    .addOption(transformOption())
    .addOption(targetRatioOption())
    .addOption(truncateOption())
    .addOption(noAutotuneOption());

/** What turns the queries of a data set into query features. */
export interface OpenModels {
  readonly session: Session;
  readonly clip: DeviceClip;
  readonly fuse: Fuse;
  /** Label for a table. */
  readonly label: string;
  /** Options for a file: what was given, completed by the run's configuration. */
  readonly options: ModelOptions;
}

/** @throws naming an option that is missing, or a file that does not fit */
export async function openModels(given: ModelOptions): Promise<OpenModels> {
  const options = given.run === undefined ? given : await completedByRun(given.run, given);
  const { dataset } = options;
  if (dataset === undefined) throw new Error('which data set? Add --dataset, or --run with the folder of a run');
  const combiningFunction = expectFunction(options, given.combinerPath);
  const session = await openSession({ ...options, dataset });
  const notes = [
    ...smallClipNotes(session.dataset, options),
    ...preprocessingNotes(options, session.model.preprocessing),
  ];
  for (const note of notes) console.log(note);
  return {
    session,
    clip: await uploadClip(session.device, session.model),
    fuse: await fuseOf(combiningFunction, session, options),
    label: labels[combiningFunction],
    options: { ...options, ...session.model.preprocessing },
  };
}

const isTrainingFree = (name: CombiningFunction): name is TrainingFree => Object.hasOwn(TRAINING_FREE, name);

function expectFunction(
  { combiningFunction: name, combinerPath, textWeight }: ModelOptions,
  given?: string,
): CombiningFunction {
  if (name === undefined) {
    throw new Error(`--combining-function is missing: expected one of ${combiningFunctions.join(', ')}`);
  }
  if (name === 'combiner' && combinerPath === undefined) {
    throw new Error('--combining-function combiner needs --combiner-path with the trained Combiner');
  }
  if (name !== 'combiner' && given !== undefined) {
    throw new Error(`--combining-function ${name} does not use the Combiner of --combiner-path: leave out one of them`);
  }
  if (textWeight !== undefined && !(isTrainingFree(name) && WEIGHTED.includes(name))) {
    throw new Error(`--combining-function ${name} has no --text-weight: only ${WEIGHTED.join(' and ')} have one`);
  }
  return name;
}

async function completedByRun(run: string, given: ModelOptions): Promise<ModelOptions> {
  const { config } = await RunFolder.find(run);
  const combiningFunction = given.combiningFunction ?? 'combiner';
  const file = (name: string) => {
    const path = join(run, name);
    if (existsSync(path)) return path;
    throw new Error(`${path} is missing: this run is not finished, go on with webcir train --resume ${run}`);
  };
  const { dataset, data, skipMissing, transform, targetRatio, truncate } = config as Partial<ModelOptions>;
  const isOwn = given.dataset === undefined || given.dataset === dataset;
  return {
    transform,
    targetRatio,
    dataset,
    ...(isOwn && { data, skipMissing, truncate }),
    ...given,
    combiningFunction,
    ...(given.clipModelName === undefined && { clipModelPath: given.clipModelPath ?? file(modelFile('stage 1')) }),
    ...(combiningFunction === 'combiner' && { combinerPath: given.combinerPath ?? file(modelFile('stage 2')) }),
  };
}

async function fuseOf(name: CombiningFunction, { device, model }: Session, options: ModelOptions): Promise<Fuse> {
  if (name === 'sum') return elementwiseSum;
  if (isTrainingFree(name)) return trainingFree(name, options.textWeight);
  if (name !== 'combiner') return name;
  const combiner = await openCombinerModel(options.combinerPath!);
  expectWidths(combiner, options);
  await named(options.combinerPath!, () => expectCombinerOf(model, combiner));
  const store = await uploadCombiner(device, combiner);
  return (image: Tensor, text: Tensor) => combine(image, text, (tensor) => store.tensor(tensor));
}

/** @throws naming the width that is not the one that was asked for */
function expectWidths({ config }: CombinerModel, options: ModelOptions): void {
  const widths: [what: string, found: number, expected: number | undefined][] = [
    ['of --projection-dim', config.projectionDim, options.projectionDim],
    ['of --hidden-dim', config.hiddenDim, options.hiddenDim],
  ];
  for (const [what, found, expected = found] of widths) {
    if (found === expected) continue;
    throw new Error(`${options.combinerPath}: expected a Combiner ${what}, ${expected}; found ${found}`);
  }
}
