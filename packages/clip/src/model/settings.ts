import {
  ACTIVATIONS,
  type Activation,
  type ClipConfig,
  type ImageInput,
  INTERPOLATIONS,
  type ModelSettings,
  RESIZES,
} from '../config.ts';
import { TORCH_SCRIPT, type WeightFile } from '../weights/weight-file.ts';

const activationKey = 'webcir.activation';

/** Metadata key of all other settings of a model, as JSON. */
const settingsKey = 'webcir.settings';

/** The class of CLIP4Cir's checkpoints: openai/CLIP's `CLIP`, which knows QuickGELU only. */
const CLIP4CIR_CLASS = 'CLIP';

/** The parts of a file that may tell its settings. */
type FileFacts = Pick<WeightFile, 'metadata'> & Partial<Pick<WeightFile, 'format'>>;

/** The activation that a file itself states; undefined if it states none. */
export function knownActivation({ metadata, format }: FileFacts): Activation | undefined {
  const stored = metadata.get(activationKey);
  const known = ACTIVATIONS.find((activation) => activation === stored);
  if (known) return known;
  if (stored !== undefined) {
    throw new Error(
      `CLIP weights: ${activationKey}: expected ${ACTIVATIONS.join(', ')}, found ${JSON.stringify(stored)}.`,
    );
  }
  // Nobody but OpenAI published CLIP as TorchScript.
  const isOpenAi = metadata.get('class') === CLIP4CIR_CLASS || format === TORCH_SCRIPT;
  return isOpenAi ? 'quickgelu' : undefined;
}

/**
 * The settings of a file's model. A wrong activation silently costs some points of recall, and no shape shows it, so it
 * is never guessed.
 * @param given what the configuration beside the file says, or the user
 * @throws when nobody states the activation, asking for it, or when the file states another one
 */
export function settingsOf(file: FileFacts, given: Partial<ModelSettings>): ModelSettings {
  const known = knownActivation(file);
  if (known && given.activation && known !== given.activation) {
    throw new Error(
      `CLIP weights: the file says that its activation is ${known}, not ${given.activation}: leave it out.`,
    );
  }
  const activation = known ?? given.activation;
  if (activation) return { ...given, ...parseSettings(file.metadata.get(settingsKey)), activation };
  throw new Error(
    "CLIP weights: the file does not say whether the activation is quickgelu (OpenAI's and CLIP4Cir's models, and " +
      "open_clip's with quickgelu in their name), gelu (open_clip's others, LAION's) or gelu_tanh (SigLIP). " +
      'Name it (--activation), or put the config.json that came with the weights beside them.',
  );
}

type StoredSettings = Omit<ModelSettings, 'activation'>;

/** Metadata from which `settingsOf` reads a model's settings back. */
export function settingsMetadata(config: ClipConfig): [string, string][] {
  const { vision, textHeads, layerNormEpsilon, image, imageResolution, activation, canonicalText } = config;
  const stored: StoredSettings = {
    ...(vision.kind === 'vit' && vision.activation && { visionActivation: vision.activation }),
    visionHeads: vision.heads,
    textHeads,
    layerNormEpsilon,
    image,
    imageResolution,
    ...(canonicalText && { canonicalText }),
  };
  return [
    [activationKey, activation],
    [settingsKey, JSON.stringify(stored)],
  ];
}

function parseSettings(text: string | undefined): StoredSettings {
  if (text === undefined) return {};
  const settings = JSON.parse(text) as StoredSettings;
  const { visionActivation, visionHeads, textHeads, layerNormEpsilon, image, imageResolution } = settings;
  const fits =
    (visionActivation === undefined || ACTIVATIONS.includes(visionActivation)) &&
    [visionHeads, textHeads, imageResolution].every((size) => Number.isInteger(size)) &&
    Number(layerNormEpsilon) > 0 &&
    isImageInput(image);
  if (fits) return settings;
  throw new Error(`CLIP weights: ${settingsKey}: expected the settings of a model, found ${text}.`);
}

function isImageInput(image: Partial<ImageInput> | undefined): image is ImageInput {
  const isColour = (values: unknown) => Array.isArray(values) && values.length === 3 && values.every(Number.isFinite);
  return (
    RESIZES.some((resize) => resize === image?.resize) &&
    INTERPOLATIONS.some((interpolation) => interpolation === image?.interpolation) &&
    isColour(image?.mean) &&
    isColour(image?.std)
  );
}
