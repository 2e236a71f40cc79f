import { dirname, join } from 'node:path';
import type { Activation } from '../../config.ts';
import { knownActivation } from '../../model/activation.ts';
import { type ClipModel, readClipModel } from '../../model/model.ts';
import type { WeightFile } from '../../weights/weight-file.ts';
import { readJson } from '../files.ts';
import { openWeights, weightPath } from './open-weights.ts';

/**
 * Opens a CLIP from any source: OpenAI's `.pt`, CLIP4Cir's checkpoints, open_clip's and Hugging Face's files, webcir's
 * own. Its tensors are read from the file when they are needed.
 * @param path a file, or a folder with files named as on Hugging Face's hub
 * @param activation needed if neither the file nor a config.json beside it states it
 * @throws Error naming the file and the tensor at fault
 */
export async function openClipModel(path: string, activation?: Activation): Promise<ClipModel> {
  const file = await openWeights(path);
  try {
    return readClipModel(file, activation ?? (await knownActivationOf(path, file)));
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The activation that an opened file states, or else a config beside it; undefined if neither does. */
export const knownActivationOf = async (path: string, file: WeightFile): Promise<Activation | undefined> =>
  knownActivation(file) ?? (await configuredActivation(dirname(weightPath(path))));

interface HuggingFaceConfig {
  readonly text_config?: { readonly hidden_act?: string };
  readonly text_config_dict?: { readonly hidden_act?: string };
}

interface OpenClipConfig {
  readonly model_cfg?: { readonly quick_gelu?: boolean };
}

/** The activation in the config.json or open_clip_config.json that comes with weights from Hugging Face's hub. */
async function configuredActivation(folder: string): Promise<Activation | undefined> {
  const openClip = await readJson<OpenClipConfig>(join(folder, 'open_clip_config.json'));
  if (openClip?.model_cfg) return openClip.model_cfg.quick_gelu ? 'quickgelu' : 'gelu';
  const config = await readJson<HuggingFaceConfig>(join(folder, 'config.json'));
  // The default of transformers, which its configs leave out.
  const name = config?.text_config && (config.text_config.hidden_act ?? 'quick_gelu');
  if (name === 'quick_gelu') return 'quickgelu';
  return name === 'gelu' ? 'gelu' : undefined;
}
