import { type Command, Option } from 'commander';
import type { GivenOptions } from './options.ts';

/** Options of CLIP4Cir's scripts that pasted commands have and nothing here needs: why not. */
const unneeded: Readonly<Record<string, string>> = {
  '--save-training': 'models are always saved',
  '--clip-bs <n>': 'each image and caption is encoded once, in batches that fit',
  '--api-key <key>': 'nothing goes to Comet: metrics.jsonl and report.html are in the run folder',
  '--workspace <name>': 'nothing goes to Comet: metrics.jsonl and report.html are in the run folder',
  '--experiment-name <name>': 'nothing goes to Comet; --name names the run folder',
};

/** Adds CLIP4Cir's options that have no meaning here, so that its commands run as they are. */
export function addUnneededOptions(train: Command): void {
  for (const flags of Object.keys(unneeded)) train.addOption(new Option(flags).hideHelp());
}

/** The command line without the login that CLIP4Cir's commands may have: it is shown in reports. */
export const withoutKey = (typed: string): string => typed.replace(/(--api-key[ =])\S+/g, '$1…');

type Key = keyof GivenOptions;

/** Options that only one stage reads. */
const ofStage: Readonly<Record<1 | 2, readonly Key[]>> = {
  1: [
    'encoder',
    'numEpochs',
    'learningRate',
    'batchSize',
    'microBatchSize',
    'memoryBudget',
    'checkpointActivations',
    'imageCache',
  ],
  2: [
    'combinerPath',
    'combinerEpochs',
    'combinerLr',
    'combinerBatchSize',
    'projectionDim',
    'hiddenDim',
    'dropout',
    'recipe',
    'textCache',
  ],
};

/** CLIP4Cir's combiner_train.py says of stage 2 what its other script says of stage 1. */
const ofEither: readonly [of1: Key, of2: Key][] = [
  ['numEpochs', 'combinerEpochs'],
  ['batchSize', 'combinerBatchSize'],
  ['learningRate', 'combinerLr'],
];

/**
 * Reads options as CLIP4Cir's scripts mean them.
 * @param options all of them, with their defaults
 * @param typed the keys of those on the command line
 * @param flagOf an option as it is typed, by its key
 * @returns the options of `webcir train`, and a sentence for each that counts otherwise than it says, or not at all
 */
export function fromClip4Cir(
  options: GivenOptions,
  typed: ReadonlySet<string>,
  flagOf: (key: string) => string,
): { readonly options: GivenOptions; readonly notes: readonly string[] } {
  const taken: Record<string, unknown> = { ...options };
  const notes: string[] = [];
  for (const [flags, why] of Object.entries(unneeded)) {
    const key = new Option(flags).attributeName();
    delete taken[key];
    if (typed.has(key)) notes.push(`${flagOf(key)} has no effect: ${why}.`);
  }
  const moved = new Set<string>();
  if (options.stages === '2') {
    for (const [of1, of2] of ofEither) {
      if (!typed.has(of1) || typed.has(of2)) continue;
      taken[of2] = options[of1];
      delete taken[of1];
      moved.add(of1);
      notes.push(`${flagOf(of1)} is taken for stage 2, as ${flagOf(of2)}.`);
    }
  }
  for (const [trained, other] of [
    ['1', 2],
    ['2', 1],
  ] as const) {
    if (options.stages !== trained) continue;
    const idle = ofStage[other].filter((key) => typed.has(key) && !moved.has(key)).map(flagOf);
    if (idle.length > 0) notes.push(`Without effect, as stage ${other} is not trained: ${idle.join(', ')}.`);
  }
  return { options: taken as unknown as GivenOptions, notes };
}
