import type { Family } from '../../config.ts';
import type { WeightTensor } from '../weight-file.ts';
import { fromHuggingFace } from './hugging-face.ts';
import { fromOpenClip } from './open-clip.ts';

export type Tensors = ReadonlyMap<string, WeightTensor>;

/** The project whose names a file's tensors have. */
export type Naming = 'OpenAI' | 'open_clip' | 'Hugging Face';

/**
 * Tensors that some files hold beside the weights: BatchNorm's counters, buffers that follow from the sizes, and the
 * sizes themselves in OpenAI's archives.
 */
const NO_WEIGHT = /(^|\.)(num_batches_tracked|position_ids|attn_mask)$|^(input_resolution|context_length|vocab_size)$/;

/** Whose names a file's tensors have. */
export function namingOf(names: Iterable<string>): Naming {
  const all = [...names].map(withoutModule);
  if (all.some((name) => /^(text|vision)_model\./.test(name))) return 'Hugging Face';
  return all.some((name) => name.startsWith('text.')) ? 'open_clip' : 'OpenAI';
}

/** The query of SigLIP's attention pooling, by our names, transformers' and timm's: what no CLIP has. */
const probes = /^(visual\.attnpool\.probe|vision_model\.head\.probe|visual\.trunk\.attn_pool\.latent)$/;

/** Which family a file's tensors are of, under whatever names. */
export const familyOf = (names: Iterable<string>): Family =>
  [...names].some((name) => probes.test(withoutModule(name))) ? 'siglip' : 'clip';

/**
 * A CLIP's tensors by OpenAI's names. Data is rearranged when it is read, where the layouts differ.
 * @throws naming a tensor that the naming does not know, or whose parts do not fit together
 */
export function toOpenAiNames(tensors: Tensors): { naming: Naming; tensors: Map<string, WeightTensor> } {
  const weights = new Map([...withoutModulePrefix(tensors)].filter(([name]) => !NO_WEIGHT.test(name)));
  const naming = namingOf(weights.keys());
  const rename = { 'Hugging Face': fromHuggingFace, open_clip: fromOpenClip, OpenAI: (same: typeof weights) => same };
  return { naming, tensors: rename[naming](weights) };
}

const withoutModule = (name: string): string => name.replace(/^module\./, '');

/** Removes the `module.` that DistributedDataParallel puts before each name. */
export const withoutModulePrefix = (tensors: Tensors): Map<string, WeightTensor> =>
  new Map([...tensors].map(([name, tensor]) => [withoutModule(name), tensor]));
