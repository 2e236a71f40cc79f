import {
  type Activation,
  CLIP_IMAGE,
  type Family,
  type ImageInput,
  type ModelSettings,
  SIGLIP_IMAGE,
} from '../config.ts';
import { isRecord } from '../is-record.ts';
import type { Preprocessing } from '../preprocess/options.ts';
import { familyOf, namingOf } from '../weights/names/names.ts';
import { withoutWrappers } from '../weights/names/wrappers.ts';
import type { WeightFile } from '../weights/weight-file.ts';
import { openClipDefaults, openClipRules, openClipSiglipRules } from './open-clip.ts';
import { applyRules, nothingStated, type Stated, type Tower } from './rules.ts';
import type { StatedSize } from './sizes.ts';
import { clipConfigRules, preprocessorRules, siglipConfigRules, transformersDefaults } from './transformers.ts';

/** The names of the files that say more of a model than its weights do: those of `ConfigurationFiles`. */
export const CONFIGURATION_FILES = ['open_clip_config.json', 'config.json', 'preprocessor_config.json'] as const;

/** The files that come with a model's weights on Hugging Face's hub, parsed. */
export interface ConfigurationFiles {
  /** open_clip's */
  readonly 'open_clip_config.json'?: unknown;
  /** transformers' */
  readonly 'config.json'?: unknown;
  /** transformers' */
  readonly 'preprocessor_config.json'?: unknown;
}

/** What the configuration beside a file of weights says: settings, sizes to be checked, the model's own preprocessing. */
export interface Configuration extends Partial<ModelSettings> {
  readonly sizes?: readonly StatedSize[];
  readonly preprocessing?: Preprocessing;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the configuration of a model, to be given to `readClipModel`. Where the files of two projects are there, that of
 * the project whose names the tensors have is taken.
 * @param tensors of the file of weights; their names decide what the configuration can say
 * @throws Error naming the file and the key that cannot be honoured
 */
export function readConfiguration(files: ConfigurationFiles, { tensors }: Pick<WeightFile, 'tensors'>): Configuration {
  const names = [...withoutWrappers(tensors).keys()];
  const [family, naming] = [familyOf(names), namingOf(names)];
  const openClip = files['open_clip_config.json'];
  const transformers = files['config.json'];
  const isModel = isRecord(transformers) && ('text_config' in transformers || 'model_type' in transformers);
  const preferred = naming === 'Hugging Face' && isModel ? undefined : openClip;
  if (preferred !== undefined) return openClipConfiguration(preferred, family);
  return transformersConfiguration(isModel ? transformers : undefined, files['preprocessor_config.json'], family);
}

function openClipConfiguration(json: unknown, family: Family): Configuration {
  const file = 'open_clip_config.json';
  const stated = nothingStated();
  applyRules(file, json, family === 'clip' ? openClipRules() : openClipSiglipRules(), stated);
  const { model_cfg: model, preprocess_cfg: preprocess } = json as { model_cfg?: unknown; preprocess_cfg?: unknown };
  if (!isRecord(model)) return imageSettings(stated, family, isRecord(preprocess));
  return {
    ...towers(file, stated, openClipDefaults, model.vision_cfg),
    ...(stated.canonicalText && { canonicalText: true }),
    ...headsOf(stated, { vision: openClipVisionHeads(model.vision_cfg, stated), text: openClipDefaults.textHeads }),
    ...imageSettings(stated, family, isRecord(preprocess)),
  };
}

function openClipVisionHeads(vision: unknown, { headWidth = openClipDefaults.headWidth }: Stated): number {
  const { width, layers } = isRecord(vision) ? vision : {};
  // RN50 and its like pool with as many heads as 32 times their width holds.
  return Math.floor((Number(width) * (Array.isArray(layers) ? 32 : 1)) / headWidth);
}

function transformersConfiguration(json: Json | undefined, preprocessor: unknown, family: Family): Configuration {
  const file = 'config.json';
  const stated = nothingStated();
  if (json) {
    applyRules(file, withoutOverridden(json), family === 'clip' ? clipConfigRules() : siglipConfigRules(), stated);
  }
  if (preprocessor !== undefined) applyRules('preprocessor_config.json', preprocessor, preprocessorRules(), stated);
  const defaults = transformersDefaults[family];
  return {
    ...(json && towers(file, stated, defaults, json.vision_config ?? json.vision_config_dict)),
    ...headsOf(stated, defaults.heads),
    ...imageSettings(stated, family, preprocessor !== undefined),
  };
}

/**
 * The heads that are stated, or those that are meant where a width is stated without them. A configuration without
 * widths was written by hand, and says nothing of heads.
 */
function headsOf(
  { heads, sizes }: Stated,
  defaults: Readonly<Record<Tower, number>>,
): Pick<ModelSettings, 'visionHeads' | 'textHeads'> {
  const isSized = (part: string) => sizes.some(({ size }) => size === `${part} width`);
  const visionHeads = heads.vision ?? (isSized('image') ? defaults.vision : undefined);
  const textHeads = heads.text ?? (isSized('text') ? defaults.text : undefined);
  return { ...(visionHeads !== undefined && { visionHeads }), ...(textHeads !== undefined && { textHeads }) };
}

/** transformers reads `text_config_dict` in place of `text_config` where a file has both. */
function withoutOverridden(json: Json): Json {
  const rest = { ...json };
  for (const name of ['text_config', 'vision_config']) if (isRecord(rest[`${name}_dict`])) delete rest[name];
  return rest;
}

/** @throws Error where the two encoders have different epsilons, which no model has */
function towers(
  file: string,
  { activation, epsilon, quickGelu }: Stated,
  defaults: { readonly activation: Activation; readonly epsilon: number },
  vision: unknown,
): Pick<ModelSettings, 'activation' | 'visionActivation' | 'layerNormEpsilon'> {
  const [ofVision, ofText] = [epsilon.vision ?? defaults.epsilon, epsilon.text ?? defaults.epsilon];
  if (ofVision !== ofText) {
    throw new Error(`${file}: the encoders have layer normalizations of different epsilons, ${ofVision} and ${ofText}`);
  }
  if (quickGelu) {
    const other = activation.text ?? activation.vision;
    if (other) throw new Error(`${file}: it asks for QuickGELU and for ${other}`);
    return { activation: 'quickgelu', visionActivation: 'quickgelu', layerNormEpsilon: ofText };
  }
  const text = activation.text ?? defaults.activation;
  // Without a word on the image encoder, what is said of the text encoder is meant for both.
  const visionActivation = activation.vision ?? (isRecord(vision) ? defaults.activation : text);
  return { activation: text, visionActivation, layerNormEpsilon: ofText };
}

/** @param own whether the files say how images are preprocessed */
function imageSettings({ image, sizes, crop = true }: Stated, family: Family, own: boolean): Configuration {
  if (!own) return { sizes };
  const whole: ImageInput = { ...(family === 'clip' ? CLIP_IMAGE : SIGLIP_IMAGE), ...image };
  if (!crop && whole.resize === 'shortest') {
    throw new Error('preprocessor_config.json: do_center_crop: expected true where only the shortest edge is resized');
  }
  return { sizes, image: whole, preprocessing: { transform: 'clip' } };
}
