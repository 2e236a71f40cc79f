import { DATASETS } from '@webcir/data/node';
import type { Command } from 'commander';
import { noAutotuneOption } from '../autotune.ts';
import { addClipOptions } from '../clip-source.ts';
import {
  choice,
  numberBetween,
  skipMissingOption,
  targetRatioOption,
  transformOption,
  truncateOption,
  wholeNumber,
} from '../options.ts';
import { addUnneededOptions, fromClip4Cir, withoutKey } from './clip4cir.ts';
import { movable } from './options.ts';
import { presetHelp, RECIPES, recipeHelp } from './presets.ts';
import { trainCommand } from './train.ts';

const timestamp = () => new Date().toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_');

/** CIRCO has nothing to train on. */
const trainable = DATASETS.filter((name) => name !== 'circo');

/**
 * The flags of `webcir train`, with CLIP4Cir's names and defaults where it has them.
 * @param typed the whole command line, for reports
 */
export function registerTrain(program: Command, typed: string): void {
  const train = program
    .command('train')
    .description('Trains both stages of CLIP4Cir and shows the table of the paper.')
    .addOption(choice('--dataset <name>', 'data set', trainable).default('fmnist-cir'))
    .option('--data <folder>', 'folder of a data set that is not embedded')
    .addOption(skipMissingOption());
  addClipOptions(train)
    .option('--name <name>', 'name of the run folder (default: data set and time)')
    .option('--out <folder>', 'where run folders go', 'runs')
    .option('--resume <folder>', 'goes on with an interrupted run, with the options that it was started with')
    .option('--seed <n>', 'seed of everything random', wholeNumber(0), 1)
    .addOption(transformOption())
    .addOption(targetRatioOption())
    .addOption(
      choice('--stages <which>', 'what is trained; 2 takes the given CLIP as tuned', ['both', '1', '2']).default(
        'both',
      ),
    )
    .addOption(
      choice(
        '--recipe <name>',
        "clip4cir: the paper's; webcir: without dropout in the Combiner, which did better on both embedded sets " +
          presetHelp('recipe'),
        RECIPES,
      ),
    )
    .addOption(
      choice('--encoder <which>', `encoder that stage 1 tunes ${presetHelp('encoder')}`, ['text', 'image', 'both']),
    )
    .option('--num-epochs <n>', `epochs of stage 1 ${presetHelp('numEpochs')}`, wholeNumber(1))
    .option('--learning-rate <r>', `of stage 1 ${presetHelp('learningRate')}`, numberBetween(0, 1))
    .option('--batch-size <n>', `of stage 1 ${presetHelp('batchSize')}`, wholeNumber(2))
    .option(
      '--micro-batch-size <n>',
      'images or texts that go through an encoder at once in stage 1, with the same result (default: what fits)',
      wholeNumber(1),
    )
    .option('--memory-budget <gb>', 'GPU memory for stage 1, which decides what fits', numberBetween(0.001, 1000), 16)
    .option('--checkpoint-activations', 'computes activations of stage 1 again instead of keeping them', false)
    .addOption(
      choice(
        '--negatives <which>',
        'what each query is told apart from: the other targets of its batch, or every image of the training triplets, ' +
          'which needs a frozen image encoder',
        ['batch', 'all'],
      ).default('batch'),
    )
    .option('--reference-negatives', "counts each query's own reference as one more negative")
    .option('--group-negatives', 'counts the look-alikes of its group as more negatives; needs a frozen image encoder')
    .option('--mask-false-negatives', 'leaves out negatives that other triplets say are right')
    .option(
      '--reversed-weight <w>',
      'weight of the way back in the loss: from target minus text to reference (default: 0)',
      numberBetween(0, 10),
    )
    .option('--combiner-path <file>', 'Combiner of the given CLIP that stage 2 goes on with (default: fresh weights)')
    .option('--combiner-epochs <n>', `epochs of stage 2 ${presetHelp('combinerEpochs')}`, wholeNumber(1))
    .option('--combiner-lr <r>', `learning rate of stage 2 ${presetHelp('combinerLr')}`, numberBetween(0, 1))
    .option('--combiner-batch-size <n>', `batch of stage 2 ${presetHelp('combinerBatchSize')}`, wholeNumber(2))
    .option(
      '--projection-dim <n>',
      "width of the Combiner's projections (default: 4 x CLIP's features, or those of --combiner-path)",
      wholeNumber(1),
    )
    .option(
      '--hidden-dim <n>',
      "width of the Combiner's hidden layers (default: 8 x CLIP's features, or those of --combiner-path)",
      wholeNumber(1),
    )
    .option('--dropout <p>', `in the Combiner ${recipeHelp('dropout')}`, numberBetween(0, 0.95))
    .addOption(
      choice(
        '--precision <which>',
        'of both stages; amp keeps activations and matrices in half precision, with master weights and loss scaling',
        ['fp32', 'amp'],
      ).default('fp32'),
    )
    .addOption(
      choice('--schedule <name>', `learning rate over a stage ${presetHelp('schedule')}`, ['constant', 'cosine']),
    )
    .option(
      '--validation-frequency <n>',
      `epochs between validations ${presetHelp('validationFrequency')}`,
      wholeNumber(1),
    )
    .option('--save-best', 'keeps the best model only', true)
    .option('--no-save-best', 'keeps the model of every validated epoch as well, in checkpoints/')
    .option('--no-fold-batchnorm', 'keeps the BatchNorm of a frozen ResNet apart from its convolutions')
    .option('--no-image-cache', 'encodes the images again at every step of stage 1')
    .option('--no-trim-text', 'runs all text positions, not only those that the captions need')
    .option('--no-text-cache', 'encodes the captions again at every step of stage 2')
    .addOption(truncateOption())
    .addOption(noAutotuneOption())
    .action(async ({ name, out, resume, ...options }) => {
      const given = new Set(Object.keys(train.opts()).filter((key) => train.getOptionValueSource(key) === 'cli'));
      if (resume !== undefined) {
        expectMovable(train, given);
        const moved = Object.fromEntries(movable.filter((key) => given.has(key)).map((key) => [key, options[key]]));
        await trainCommand({ path: resume, resume: true, options: moved });
        return;
      }
      const taken = fromClip4Cir(options, given, (key) => flagOf(train, key));
      for (const note of taken.notes) console.log(note);
      const path = `${out}/${name ?? `${options.dataset}-${timestamp()}`}`;
      await trainCommand({ path, resume: false, options: taken.options, command: withoutKey(typed) });
    });
  addUnneededOptions(train);
}

/** @throws naming the options beside --resume that cannot change any more */
function expectMovable(train: Command, given: ReadonlySet<string>): void {
  const may: ReadonlySet<string> = new Set(['resume', ...movable]);
  const fixed = [...given].filter((key) => !may.has(key)).map((key) => flagOf(train, key));
  if (fixed.length === 0) return;
  throw new Error(
    `${fixed.join(', ')} cannot change when a run is resumed, which goes on as it was started: leave out all but ` +
      `${inWords(movable.map((key) => flagOf(train, key)))}, for files that were moved`,
  );
}

const inWords = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** An option as it is typed, by its key. */
function flagOf(train: Command, key: string): string {
  const isOff = train.getOptionValue(key) === false;
  return train.options.find((option) => option.attributeName() === key && option.negate === isOff)!.long!;
}
