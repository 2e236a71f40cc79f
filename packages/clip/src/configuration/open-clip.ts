import type { Activation, ImageInput } from '../config.ts';
import {
  colours,
  free,
  natural,
  oneOf,
  only,
  positive,
  type Rule,
  type RuleTable,
  refused,
  size,
  type Tower,
} from './rules.ts';
import type { Size } from './sizes.ts';

/** A size that may be given once for both directions. */
const square = (value: unknown): unknown =>
  Array.isArray(value) && value.length === 2 && value[0] === value[1] ? value[0] : value;

/** `act_kwargs.approximate` of PyTorch's GELU. */
const approximations: Readonly<Record<string, Activation>> = { none: 'gelu', tanh: 'gelu_tanh' };

function towerRules(prefix: string, tower: Tower, part: 'image' | 'text'): Record<string, Rule> {
  const stated = (name: string): Size => `${part} ${name}` as Size;
  return {
    [`${prefix}width`]: size(stated('width')),
    [`${prefix}layers`]: size(stated('layers'), (value) => (Array.isArray(value) ? value.join() : value)),
    [`${prefix}act_kwargs.approximate`]: (value, { activation }) => {
      activation[tower] = oneOf(approximations, value);
    },
    [`${prefix}norm_kwargs.eps`]: (value, { epsilon }) => {
      epsilon[tower] = positive(value);
    },
    // The width of the MLP shows in the weights.
    [`${prefix}mlp_ratio`]: free,
    [`${prefix}ls_init_value`]: refused('layer scale'),
    [`${prefix}block_type`]: only(['default'], 'such block'),
    [`${prefix}output_tokens`]: free,
    // Where one token is read, it is the same whether it is normalized before or after it is picked.
    [`${prefix}final_ln_after_pool`]: free,
  };
}

const preprocess = (): RuleTable => ({
  'preprocess_cfg.size': size('image resolution', square),
  'preprocess_cfg.mode': only(['RGB'], 'images of other colours'),
  'preprocess_cfg.mean': (value, { image }) => {
    Object.assign(image, { mean: colours(value) });
  },
  'preprocess_cfg.std': (value, { image }) => {
    Object.assign(image, { std: colours(value, 0) });
  },
  'preprocess_cfg.interpolation': (value, { image }) => {
    const known: Record<string, ImageInput['interpolation']> = { bicubic: 'bicubic', bilinear: 'bilinear' };
    Object.assign(image, { interpolation: oneOf(known, value) });
  },
  'preprocess_cfg.resize_mode': (value, { image }) => {
    const known: Record<string, ImageInput['resize']> = { shortest: 'shortest', squash: 'squash' };
    Object.assign(image, { resize: oneOf(known, value) });
  },
  // Of the `longest` mode alone.
  'preprocess_cfg.fill_color': free,
});

const shared = (): RuleTable => ({
  ...preprocess(),
  'model_cfg.embed_dim': size('features'),
  // Whether the text encoder's tensors have a prefix, which shows in their names.
  'model_cfg.custom_text': free,
  'model_cfg.init_logit_scale': free,
  'model_cfg.init_logit_bias': free,
  'model_cfg.multimodal_cfg': refused('text decoder (CoCa)'),
  'model_cfg.vision_cfg.image_size': size('image resolution', square),
  'model_cfg.vision_cfg.in_chans': only([3], 'images of other channels than red, green and blue'),
  'model_cfg.vision_cfg.timm_model_pretrained': free,
  'model_cfg.vision_cfg.timm_drop': free,
  'model_cfg.vision_cfg.timm_drop_path': free,
  'model_cfg.vision_cfg.patch_dropout': free,
  ...towerRules('model_cfg.text_cfg.', 'text', 'text'),
  'model_cfg.text_cfg.context_length': size('text positions'),
  'model_cfg.text_cfg.vocab_size': size('tokens'),
  'model_cfg.text_cfg.heads': (value, { heads }) => {
    heads.text = natural(value);
  },
  'model_cfg.text_cfg.hf_model_name': refused("text encoder of transformers'"),
  'model_cfg.text_cfg.text_arch': only(['clip'], 'such text encoder'),
  'model_cfg.text_cfg.embed_cls': only([false], 'class token in texts'),
  'model_cfg.text_cfg.pad_id': free,
});

/** open_clip_config.json of open_clip's `CLIP` and `CustomTextCLIP`, with its own encoders. */
export const openClipRules = (): RuleTable => ({
  ...shared(),
  ...towerRules('model_cfg.vision_cfg.', 'vision', 'image'),
  'model_cfg.quick_gelu': (value, stated) => {
    if (typeof value !== 'boolean') throw new Error('expected true or false');
    stated.quickGelu = value;
  },
  'model_cfg.vision_cfg.head_width': (value, stated) => {
    stated.headWidth = natural(value);
  },
  'model_cfg.vision_cfg.patch_size': size('patch size'),
  'model_cfg.vision_cfg.timm_model_name': refused("image encoder of timm's, but for SigLIP's"),
  'model_cfg.vision_cfg.attentional_pool': only([false], 'attentional pooling of this kind (CoCa)'),
  'model_cfg.vision_cfg.attn_pooler_queries': free,
  'model_cfg.vision_cfg.attn_pooler_heads': free,
  'model_cfg.vision_cfg.no_ln_pre': only([false], 'image encoder without its first normalization'),
  'model_cfg.vision_cfg.pos_embed_type': only(['learnable', 'sin_cos_2d'], 'such positional embedding'),
  'model_cfg.vision_cfg.pool_type': only(['tok'], 'such pooling of images'),
  'model_cfg.vision_cfg.image_seq_len': free,
  'model_cfg.text_cfg.hf_tokenizer_name': refused("tokenizer but CLIP's and those of SigLIP"),
  'model_cfg.text_cfg.tokenizer_kwargs': refused('such settings of the tokenizer'),
  'model_cfg.text_cfg.no_causal_mask': only([false], 'text encoder that reads in both directions, but for SigLIP'),
  'model_cfg.text_cfg.pool_type': only(['argmax', 'eos'], 'such pooling of texts'),
  'model_cfg.text_cfg.eos_id': only([49407], 'other token that texts are read at'),
  'model_cfg.text_cfg.proj_bias': only([false], 'projection of texts with a bias, but for SigLIP'),
  'model_cfg.text_cfg.proj_type': only(['linear'], 'such projection of texts'),
});

/** Attention heads of timm's image encoders by the size in their names (`vit_base_patch16_siglip_224`). */
const timmHeads: Readonly<Record<string, number>> = { base: 12, large: 16, so400m: 16, giantopt: 16 };

/** Those of SigLIP's that timm gives the approximation of GELU by tanh; the others have GELU itself. */
const timmTanh = /_base_patch32_|_large_patch16_siglip_512|_so400m_patch16_|_giantopt_/;

/** open_clip_config.json of SigLIP, whose image encoder is timm's. */
export const openClipSiglipRules = (): RuleTable => ({
  ...shared(),
  'model_cfg.vision_cfg.timm_model_name': (value, { activation, epsilon, heads }) => {
    const name = String(value);
    const kind = /^vit_([a-z0-9]+)_patch\d+_siglip_\d+(\.\w+)?$/.exec(name)?.[1] ?? '';
    heads.vision = oneOf(timmHeads, kind);
    activation.vision = timmTanh.test(name) ? 'gelu_tanh' : 'gelu';
    epsilon.vision = 1e-6;
  },
  'model_cfg.vision_cfg.timm_pool': only(['map'], 'such pooling of images'),
  'model_cfg.vision_cfg.timm_proj': only(['none', ''], 'projection of the images of SigLIP'),
  // The tokenizer is the tokenizer.json beside the weights.
  'model_cfg.text_cfg.hf_tokenizer_name': free,
  'model_cfg.text_cfg.tokenizer_kwargs.clean': (value, stated) => {
    stated.canonicalText = oneOf({ canonicalize: true, lower: false }, value);
  },
  'model_cfg.text_cfg.no_causal_mask': only([true], 'causal text encoder of SigLIP'),
  'model_cfg.text_cfg.pool_type': only(['last'], 'such pooling of texts'),
  'model_cfg.text_cfg.proj_bias': only([true], 'projection of the texts of SigLIP without a bias'),
  'model_cfg.text_cfg.proj_type': only(['linear'], 'such projection of texts'),
});

/** What open_clip takes where its configuration leaves it out. */
export const openClipDefaults = { activation: 'gelu', epsilon: 1e-5, headWidth: 64, textHeads: 8 } as const;
