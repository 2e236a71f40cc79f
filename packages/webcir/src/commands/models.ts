import type { Command } from 'commander';
import { formatBytes } from '../progress.ts';
import { type PublishedModel, publishedModels } from '../weights/models.ts';
import { pulledPath } from '../weights/pulled.ts';
import { weightsFolder } from './clip-source.ts';

export function registerModels(program: Command): void {
  program
    .command('models')
    .description('Lists the published models that webcir is made for, and which of them have been pulled.')
    .option('--json', 'prints all that is known of them, with the paths of those that have been pulled')
    .action(modelsCommand);
}

function modelsCommand({ json }: { json?: boolean }): void {
  const folder = weightsFolder();
  const models = publishedModels.map((model) => ({ ...model, path: pulledPath(model.name, folder) ?? null }));
  if (json) {
    console.log(JSON.stringify(models, null, 2));
    return;
  }
  const width = Math.max(...models.map(({ name }) => name.length));
  for (const model of models) {
    console.log(`${model.path === null ? ' ' : '✓'} ${model.name.padEnd(width)}  ${factsOf(model)}`);
    console.log(`  ${' '.repeat(width)}  ${model.goodFor}`);
  }
  console.log(
    '\n✓ has been pulled. Get a model with webcir weights pull NAME, and use it with --clip-model-name NAME. ' +
      'Other CLIPs of Hugging Face: OWNER/REPO.',
  );
}

const factsOf = ({ encoder, resolution, features, megabytes, licence, preprocessing }: PublishedModel): string =>
  `${encoder}, ${resolution} px, ${features} features; ${formatBytes(megabytes * 1e6)}; ${licence}; ` +
  `images: ${preprocessing}`;
