import type { Activation, ImageInput } from '../config.ts';
import { colours, free, natural, oneOf, only, positive, type Rule, type RuleTable, size, type Tower } from './rules.ts';
import type { Size } from './sizes.ts';

/** Names of activations in transformers (`ACT2FN`). */
const activations: Readonly<Record<string, Activation>> = {
  quick_gelu: 'quickgelu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
};

const freeKeys = (prefix: string, names: string): Record<string, Rule> =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [prefix + name, free]),
  );

/** What transformers writes into any configuration (`PretrainedConfig`): how texts are generated, labels, versions. */
const anyConfig = `
  _attn_implementation _attn_implementation_autoset _commit_hash _name_or_path architectures attention_dropout attn_implementation
  auto_map bad_words_ids begin_suppress_tokens chunk_size_feed_forward cross_attention_hidden_size decoder_start_token_id
  diversity_penalty do_sample dropout dtype early_stopping encoder_no_repeat_ngram_size exponential_decay_length_penalty
  finetuning_task forced_bos_token_id forced_eos_token_id gradient_checkpointing id2label initializer_factor initializer_range
  is_encoder_decoder label2id length_penalty max_length min_length no_repeat_ngram_size num_beam_groups num_beams
  num_return_sequences output_attentions output_hidden_states output_scores prefix problem_type remove_invalid_values
  repetition_penalty return_dict return_dict_in_generate sep_token_id suppress_tokens task_specific_params temperature
  tf_legacy_loss tie_encoder_decoder tie_word_embeddings tokenizer_class top_k top_p torch_dtype torchscript
  transformers_version typical_p use_bfloat16 use_cache pad_token_id`;

function towerRules(prefix: string, tower: Tower, part: 'image' | 'text'): Record<string, Rule> {
  const stated = (name: string): Size => `${part} ${name}` as Size;
  return {
    ...freeKeys(prefix, anyConfig),
    // Read by models of one encoder alone; `CLIPModel` takes the one at the top.
    [`${prefix}projection_dim`]: free,
    [`${prefix}hidden_act`]: (value, { activation }) => {
      activation[tower] = oneOf(activations, value);
    },
    [`${prefix}layer_norm_eps`]: (value, { epsilon }) => {
      epsilon[tower] = positive(value);
    },
    [`${prefix}num_attention_heads`]: (value, { heads }) => {
      heads[tower] = natural(value);
    },
    [`${prefix}hidden_size`]: size(stated('width')),
    [`${prefix}intermediate_size`]: size(stated('MLP')),
    [`${prefix}num_hidden_layers`]: size(stated('layers')),
  };
}

const textRules = (prefix: string): Record<string, Rule> => ({
  ...towerRules(prefix, 'text', 'text'),
  [`${prefix}vocab_size`]: size('tokens'),
  [`${prefix}max_position_embeddings`]: size('text positions'),
});

const visionRules = (prefix: string): Record<string, Rule> => ({
  ...towerRules(prefix, 'vision', 'image'),
  [`${prefix}image_size`]: size('image resolution'),
  [`${prefix}patch_size`]: size('patch size'),
  [`${prefix}num_channels`]: only([3], 'images of other channels than red, green and blue'),
});

/** Keys under `text_config`, and under `text_config_dict`, which old files have and which goes before it. */
const inBoth = (name: string, rules: (prefix: string) => Record<string, Rule>): Record<string, Rule> => ({
  ...rules(`${name}.`),
  ...rules(`${name}_dict.`),
});

const shared = () => freeKeys('', `${anyConfig} logit_scale_init_value`);

/** config.json of transformers' `CLIPModel`. */
export const clipConfigRules = (): RuleTable => ({
  ...shared(),
  architectures: only([['CLIPModel']], 'such model'),
  model_type: only(['clip'], 'such model'),
  projection_dim: size('features'),
  ...inBoth('text_config', (prefix) => ({
    ...textRules(prefix),
    [`${prefix}model_type`]: only(['clip_text_model'], 'such text encoder'),
    // Files of before 2023 say 0 and 2, and mean the same tokens.
    [`${prefix}bos_token_id`]: only([49406, 0], 'other token that texts begin with'),
    [`${prefix}eos_token_id`]: only([49407, 2], 'other token that texts are read at'),
  })),
  ...inBoth('vision_config', (prefix) => ({
    ...visionRules(prefix),
    [`${prefix}model_type`]: only(['clip_vision_model'], 'such image encoder'),
  })),
});

/** config.json of transformers' `SiglipModel`, which also runs SigLIP 2 of a fixed resolution. */
export const siglipConfigRules = (): RuleTable => ({
  ...shared(),
  architectures: only([['SiglipModel']], 'such model'),
  model_type: only(['siglip'], 'such model'),
  ...inBoth('text_config', (prefix) => ({
    ...textRules(prefix),
    [`${prefix}model_type`]: only(['siglip_text_model'], 'such text encoder'),
    [`${prefix}projection_size`]: size('features'),
    // Its tokenizer.json says which tokens texts begin and end with.
    ...freeKeys(prefix, 'bos_token_id eos_token_id'),
  })),
  ...inBoth('vision_config', (prefix) => ({
    ...visionRules(prefix),
    [`${prefix}model_type`]: only(['siglip_vision_model'], 'such image encoder'),
    [`${prefix}vision_use_head`]: only([true], 'image encoder of SigLIP without its attention pooling'),
  })),
});

/** What transformers takes where a config.json leaves it out. */
export const transformersDefaults = {
  clip: { activation: 'quickgelu', epsilon: 1e-5, heads: { vision: 12, text: 8 } },
  siglip: { activation: 'gelu_tanh', epsilon: 1e-6, heads: { vision: 12, text: 12 } },
} as const;

/** PIL's numbers of its filters. */
const resamplings: Readonly<Record<string, ImageInput['interpolation']>> = { 2: 'bilinear', 3: 'bicubic' };

/** A side that is the same in both directions: 224, or `{ "height": 224, "width": 224 }`. */
function side(value: unknown): unknown {
  const { height, width } = value as { height?: unknown; width?: unknown };
  if (typeof value === 'object' && height === width) return height;
  if (typeof value === 'object') throw new Error('expected a square');
  return value;
}

const always = (part: string): Rule => only([true], `preprocessing without ${part}`);

/** preprocessor_config.json of transformers' `CLIPImageProcessor` and `SiglipImageProcessor`, and of the older names. */
export const preprocessorRules = (): RuleTable => ({
  ...freeKeys(
    '',
    `_processor_class _valid_processor_keys auto_map data_format default_to_square device disable_grouping do_convert_rgb
     input_data_format processor_class return_tensors`,
  ),
  image_processor_type: only(
    [
      'CLIPImageProcessor',
      'CLIPImageProcessorFast',
      'CLIPFeatureExtractor',
      'SiglipImageProcessor',
      'SiglipImageProcessorFast',
    ],
    'such preprocessing',
  ),
  feature_extractor_type: only(['CLIPFeatureExtractor'], 'such preprocessing'),
  do_resize: always('a resize'),
  do_rescale: always('values from 0 to 1'),
  do_normalize: always('means and deviations'),
  do_center_crop(value, stated) {
    if (typeof value !== 'boolean') throw new Error('expected true or false');
    stated.crop = value;
  },
  rescale_factor(value) {
    if (Math.abs(positive(value) * 255 - 1) > 1e-6) throw new Error('expected 1 / 255');
  },
  image_mean(value, { image }) {
    Object.assign(image, { mean: colours(value) });
  },
  image_std(value, { image }) {
    Object.assign(image, { std: colours(value, 0) });
  },
  resample(value, { image }) {
    Object.assign(image, { interpolation: oneOf(resamplings, value) });
  },
  crop_size: size('image resolution', side),
  size(value, stated, where) {
    const { shortest_edge: shortest = value } = value as { shortest_edge?: unknown };
    Object.assign(stated.image, { resize: typeof shortest === 'number' ? 'shortest' : 'squash' });
    size('image resolution', side)(shortest, stated, where);
  },
});
