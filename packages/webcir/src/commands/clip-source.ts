import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Activation } from '@webcir/clip';
import { embeddedPackage } from '@webcir/data/node';
import { defaultCacheFolder } from '@webcir/retrieval/node';
import type { Command } from 'commander';
import { openAiModels } from '../weights/catalogue.ts';
import { activationOption, choice } from './options.ts';

/** Which CLIP a command takes. */
export interface ClipSource {
  /** Name of an OpenAI model that has been pulled. */
  readonly clipModelName?: string;
  /** Path of a weight file, which takes precedence over the name. */
  readonly clipModelPath?: string;
  /** Activation, for a weight file that does not say it. */
  readonly activation?: Activation;
}

export const addClipOptions = (command: Command): Command =>
  command
    .addOption(
      choice('--clip-model-name <name>', "OpenAI's CLIP, after webcir weights pull", Object.keys(openAiModels)),
    )
    .option(
      '--clip-model-path <file>',
      'CLIP, tuned or not, in any container (default: the small one of @webcir/embedded)',
    )
    .addOption(activationOption());

/** The folder of the weights that `webcir weights pull` fetches. */
export const weightsFolder = (): string => join(defaultCacheFolder(), 'weights');

/** The file of a command's CLIP. @throws saying how to get a model that has not been pulled */
export async function clipPath({ clipModelName: name, clipModelPath }: ClipSource): Promise<string> {
  if (clipModelPath !== undefined) return clipModelPath;
  if (name === undefined) return fileURLToPath((await embeddedPackage()).clip);
  const path = join(weightsFolder(), openAiModels[name].file);
  if (existsSync(path)) return path;
  throw new Error(`${path} is missing: get it with webcir weights pull ${name}, or name a file with --clip-model-path`);
}
