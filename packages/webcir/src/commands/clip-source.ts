import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Activation } from '@webcir/clip';
import { type DatasetName, embeddedClip, isEmbedded } from '@webcir/data/node';
import { defaultCacheFolder } from '@webcir/retrieval/node';
import { type Command, InvalidArgumentError } from 'commander';
import { openAiModels } from '../weights/catalogue.ts';
import { catalogueName } from '../weights/models.ts';
import { isRepository } from '../weights/names.ts';
import { pulledPath } from '../weights/pulled.ts';
import { activationOption } from './options.ts';

/** Which CLIP a command takes. */
export interface ClipSource {
  /** Name of a published model that has been pulled. */
  readonly clipModelName?: string;
  /** Path of a weight file, which takes precedence over the name. */
  readonly clipModelPath?: string;
  /** Data set, whose small CLIP is taken where no other one is named and it is embedded. */
  readonly dataset?: DatasetName;
  /** Activation, for a weight file that does not say it. */
  readonly activation?: Activation;
}

export const addClipOptions = (command: Command): Command =>
  command
    .option(
      '--clip-model-name <name>',
      'a model of webcir models, or OWNER/REPO of Hugging Face, after webcir weights pull',
      modelName,
    )
    .option(
      '--clip-model-path <file>',
      'CLIP, tuned or not, in any container (default: the small one of the embedded set)',
    )
    .addOption(activationOption());

/** The folder of the weights that `webcir weights pull` fetches. */
export const weightsFolder = (): string => join(defaultCacheFolder(), 'weights');

/**
 * The file of a command's CLIP.
 * @throws saying how to get a model that has not been pulled, or to name one for a data set that comes without
 */
export async function clipPath({ clipModelName: name, clipModelPath, dataset }: ClipSource): Promise<string> {
  if (clipModelPath !== undefined) return clipModelPath;
  if (name === undefined)
    return fileURLToPath(await embeddedClip(dataset && isEmbedded(dataset) ? dataset : 'fmnist-cir'));
  const path = pulledPath(name, weightsFolder());
  if (path !== undefined) return path;
  throw new Error(
    `${name} is not in ${weightsFolder()}: get it with webcir weights pull ${name}, ` +
      'or name a file with --clip-model-path',
  );
}

/** A parser for commander: a name of the catalogue in upper or lower case, or a repository of Hugging Face. */
function modelName(text: string): string {
  const name = catalogueName(text);
  if (Object.hasOwn(openAiModels, name) || isRepository(name)) return name;
  throw new InvalidArgumentError(
    'webcir models lists the names; others are of Hugging Face, OWNER/REPO. A file goes with --clip-model-path.',
  );
}
