#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { registerCompare } from './commands/compare/compare.ts';
import { registerData } from './commands/data/data.ts';
import { registerEncode } from './commands/encode.ts';
import { registerEval } from './commands/eval/eval.ts';
import { registerSubmit } from './commands/eval/submit.ts';
import { registerSummary } from './commands/eval/summary.ts';
import { registerModels } from './commands/models.ts';
import { expectPackages } from './commands/needs.ts';
import { registerPretrain } from './commands/pretrain.ts';
import { registerServe } from './commands/serve/serve.ts';
import { registerIndex } from './commands/store/index-images.ts';
import { registerSearch } from './commands/store/search.ts';
import { registerStore } from './commands/store/store.ts';
import { registerStudy } from './commands/study/study.ts';
import { registerTrain } from './commands/train/flags.ts';
import { registerWeights } from './commands/weights/weights.ts';

// Whoever reads the output may have seen enough (`webcir train --help | head -3`). What was cut short ends as a program
// that the system stops for that.
const SIGPIPE = 13;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(process.exitCode ?? 128 + SIGPIPE);
    if (stream === process.stdout) console.error(`${pc.red('error:')} standard output cannot be written: ${message}`);
    process.exit(1);
  });
}

const program = new Command('webcir')
  .description('Composed image retrieval on WebGPU: an image and a sentence that says how the wanted image differs.')
  .showHelpAfterError('(add --help for all options)')
  .exitOverride()
  .hook('preAction', (_, command) => expectPackages(command.name(), command.opts(), command.args));

registerTrain(program, ['webcir', ...process.argv.slice(2)].join(' '));
registerEval(program);
registerSubmit(program);
registerCompare(program);
registerStudy(program);
registerEncode(program);
registerIndex(program);
registerSearch(program);
registerStore(program);
registerServe(program);
registerData(program);
registerWeights(program);
registerModels(program);
registerPretrain(program);
registerSummary(program);

try {
  await program.parseAsync();
  process.exitCode ??= 0;
} catch (error) {
  process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
  if (!(error instanceof CommanderError)) {
    const { message, stack } = error as Error;
    console.error(`${pc.red('error:')} ${message}`);
    if (process.env.WEBCIR_DEBUG) console.error(stack);
  }
}
