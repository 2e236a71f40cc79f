import { dirname, join } from 'node:path';
import type { Activation } from '../../config.ts';
import { CONFIGURATION_FILES, type Configuration, readConfiguration } from '../../configuration/read.ts';
import { type ClipModel, readClipModel } from '../../model/model.ts';
import { named } from '../../weights/named.ts';
import type { WeightFile } from '../../weights/weight-file.ts';
import { readJson } from '../files.ts';
import { openWeights, weightPath } from './open-weights.ts';

/**
 * Opens a CLIP from any source: OpenAI's `.pt`, CLIP4Cir's checkpoints, open_clip's and Hugging Face's files, webcir's
 * own. What its configuration says is taken from the files beside it. Tensors are read from the file when they are
 * needed.
 * @param path a file, or a folder with files named as on Hugging Face's hub
 * @param activation needed if neither the file nor the configuration beside it states it
 * @throws Error naming the file, and the tensor or the key at fault
 */
export async function openClipModel(path: string, activation?: Activation): Promise<ClipModel> {
  const file = await openWeights(path);
  const configuration = await configurationBeside(path, file, activation);
  return named(path, () => readClipModel(file, configuration));
}

/**
 * The configuration beside a file of weights, as `readClipModel` takes it.
 * @param activation the user's choice, which goes before it
 * @throws Error naming a file that is not JSON, or the key that cannot be honoured
 */
export async function configurationBeside(
  path: string,
  file: WeightFile,
  activation?: Activation,
): Promise<Configuration> {
  const folder = dirname(weightPath(path));
  const files = await Promise.all(
    CONFIGURATION_FILES.map(async (name) => [name, await readJson(join(folder, name))] as const),
  );
  const present = Object.fromEntries(files.filter(([, json]) => json !== undefined));
  const configuration = named(path, () => readConfiguration(present, file));
  return activation === undefined ? configuration : { ...configuration, activation, visionActivation: activation };
}
