#!/usr/bin/env node
import { TRANSFORMS } from '@webcir/clip';
import { DATASETS } from '@webcir/data/node';
import { Command, CommanderError, Option } from 'commander';
import pc from 'picocolors';
import { dataCheckCommand } from './commands/data-check.ts';
import { numberBetween, wholeNumber } from './commands/options.ts';
import { presetHelp, presets } from './commands/presets.ts';
import { pretrainCommand } from './commands/pretrain.ts';
import { summaryCommand } from './commands/summary.ts';
import { trainCommand } from './commands/train.ts';
import type { TrainOptions } from './commands/train-options.ts';

// The same path from src/cli.ts and from dist/cli.js, so it must stay in this file.
const assets = new URL('../assets/', import.meta.url);
const command = ['webcir', ...process.argv.slice(2)].join(' ');
const timestamp = () => new Date().toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_');

const program = new Command('webcir')
  .description('Composed image retrieval on WebGPU: a picture and a sentence that says how the wanted picture differs.')
  .showHelpAfterError('(add --help for all options)')
  .exitOverride();

program
  .command('train')
  .description('Trains both stages of CLIP4Cir and shows the table of the paper.')
  .addOption(new Option('--dataset <name>', 'data set').choices(['fmnist-cir', 'fashioniq']).default('fmnist-cir'))
  .option('--data <folder>', 'folder of a data set that is not embedded')
  .option('--clip-model-path <file>', 'CLIP to start from, safetensors with OpenAI names (default: the embedded one)')
  .option('--name <name>', 'name of the run folder (default: data set and time)')
  .option('--out <folder>', 'where run folders go', 'runs')
  .option('--resume <folder>', 'goes on with an interrupted run, with the options that it was started with')
  .option('--seed <n>', 'seed of everything random', wholeNumber(0), 1)
  .addOption(new Option('--transform <name>', 'preprocessing').choices([...TRANSFORMS]).default('targetpad'))
  .option('--target-ratio <r>', 'aspect ratio that targetpad pads to', numberBetween(1, 100), 1.25)
  .addOption(
    new Option('--encoder <which>', 'encoder that stage 1 tunes').choices(['text', 'image', 'both']).default('text'),
  )
  .option('--num-epochs <n>', `epochs of stage 1 ${presetHelp('numEpochs')}`, wholeNumber(1))
  .option('--learning-rate <r>', `of stage 1 ${presetHelp('learningRate')}`, numberBetween(0, 1))
  .option('--batch-size <n>', `of stage 1 ${presetHelp('batchSize')}`, wholeNumber(2))
  .option('--combiner-epochs <n>', `epochs of stage 2 ${presetHelp('combinerEpochs')}`, wholeNumber(1))
  .option('--combiner-lr <r>', `learning rate of stage 2 ${presetHelp('combinerLr')}`, numberBetween(0, 1))
  .option('--combiner-batch-size <n>', `batch of stage 2 ${presetHelp('combinerBatchSize')}`, wholeNumber(2))
  .option('--projection-dim <n>', "width of the Combiner's projections (default: 4 x CLIP's features)", wholeNumber(1))
  .option('--hidden-dim <n>', "width of the Combiner's hidden layers (default: 8 x CLIP's features)", wholeNumber(1))
  .option('--dropout <p>', `in the Combiner ${presetHelp('dropout')}`, numberBetween(0, 0.95))
  .addOption(
    new Option('--schedule <name>', `learning rate over a stage ${presetHelp('schedule')}`).choices([
      'constant',
      'cosine',
    ]),
  )
  .option(
    '--validation-frequency <n>',
    `epochs between validations ${presetHelp('validationFrequency')}`,
    wholeNumber(1),
  )
  .option('--no-fold-batchnorm', 'keeps the BatchNorm of a frozen ResNet apart from its convolutions')
  .option('--no-image-cache', 'encodes the pictures again at every step of stage 1')
  .option('--no-trim-text', 'runs all text positions, not only those that the captions need')
  .option('--no-text-cache', 'encodes the captions again at every step of stage 2')
  .action(async ({ name, out, resume, ...options }) => {
    const path = resume ?? `${out}/${name ?? `${options.dataset}-${timestamp()}`}`;
    await trainCommand(
      path,
      { ...presets[options.dataset as TrainOptions['dataset']], ...options },
      resume !== undefined,
      command,
      assets,
    );
  });

program
  .command('pretrain')
  .description('Stage 0: pre-trains the small CLIP that ships with webcir, on the embedded pictures.')
  .option('--out <file>', 'where it goes', 'fmnist-clip.safetensors')
  .option('--steps <n>', 'training steps, rounded up to whole epochs', wholeNumber(1), 580)
  .option('--batch-size <n>', 'pictures per step', wholeNumber(2), 256)
  .option('--learning-rate <r>', 'peak of the cosine schedule', numberBetween(0, 1), 1e-3)
  .option('--seed <n>', 'seed of everything random', wholeNumber(0), 1)
  .action(pretrainCommand);

program
  .command('data')
  .description('Looks after data sets.')
  .command('check')
  .description('Opens a data set and every picture of it, and tells what is wrong. Exit code 1 if anything is.')
  .addOption(new Option('--dataset <name>', 'data set').choices([...DATASETS]).default('fmnist-cir'))
  .option('--data <folder>', 'folder of a data set that is not embedded')
  .option('--list <file>', 'writes all pictures with problems to it, a JSON object per line')
  .action(dataCheckCommand);

program
  .command('summary')
  .description('Shows the table over several finished runs, and what each stage gains.')
  .argument('<runs...>', 'run folders, for instance of several seeds')
  .action(summaryCommand);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
  if (!(error instanceof CommanderError)) {
    const { message, stack } = error as Error;
    console.error(`${pc.red('error:')} ${message}`);
    if (process.env.WEBCIR_DEBUG) console.error(stack);
  }
}
