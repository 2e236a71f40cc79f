import type { Activation } from '../config.ts';
import { TORCH_SCRIPT, type WeightFile } from '../weights/weight-file.ts';

export const activationKey = 'webcir.activation';

/** The class of CLIP4Cir's checkpoints: openai/CLIP's `CLIP`, which knows QuickGELU only. */
const CLIP4CIR_CLASS = 'CLIP';

/** The parts of a file that may tell its activation. */
type FileFacts = Pick<WeightFile, 'metadata'> & Partial<Pick<WeightFile, 'format'>>;

/** The activation that a file itself states; undefined if it states none. */
export function knownActivation({ metadata, format }: FileFacts): Activation | undefined {
  const stored = metadata.get(activationKey);
  if (stored === 'quickgelu' || stored === 'gelu') return stored;
  if (stored !== undefined) {
    throw new Error(`CLIP weights: ${activationKey}: expected quickgelu or gelu, found ${JSON.stringify(stored)}.`);
  }
  // Nobody but OpenAI published CLIP as TorchScript.
  const isOpenAi = metadata.get('class') === CLIP4CIR_CLASS || format === TORCH_SCRIPT;
  return isOpenAi ? 'quickgelu' : undefined;
}

/**
 * The activation of a file. A wrong one silently costs some points of recall, and no shape shows it, so it is never
 * guessed.
 * @param asked the user's choice, for files that do not state it
 * @throws when nobody states it, asking for it, or when the file states another one
 */
export function activationOf(file: FileFacts, asked?: Activation): Activation {
  const known = knownActivation(file);
  if (known && asked && known !== asked) {
    throw new Error(`CLIP weights: the file says that its activation is ${known}, not ${asked}: leave it out.`);
  }
  const activation = known ?? asked;
  if (activation) return activation;
  throw new Error(
    "CLIP weights: the file does not say whether the activation is quickgelu (OpenAI's and CLIP4Cir's models, and " +
      "open_clip's with quickgelu in their name) or gelu (open_clip's others, LAION's). " +
      'Name it (--activation), or put the config.json that came with the weights beside them.',
  );
}
