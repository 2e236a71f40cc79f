import type { Family } from '../../config.ts';
import { elementsOf } from '../dtype.ts';
import type { WeightFile, WeightTensor } from '../weight-file.ts';
import { fromHuggingFace } from './hugging-face.ts';
import { fromOpenClip } from './open-clip.ts';
import { withoutWrappers } from './wrappers.ts';

export type Tensors = ReadonlyMap<string, WeightTensor>;

/** The project whose names a file's tensors have. */
export type Naming = 'OpenAI' | 'open_clip' | 'Hugging Face';

/** Single values, which some files hold as vectors of one. */
const SCALARS = ['logit_scale', 'logit_bias'];

/** Whose names these are. */
export function namingOf(names: Iterable<string>): Naming {
  const all = [...names];
  if (all.some((name) => /^(text|vision)_model\./.test(name))) return 'Hugging Face';
  return all.some((name) => name.startsWith('text.')) ? 'open_clip' : 'OpenAI';
}

/** The query of SigLIP's attention pooling, by our names, transformers' and timm's: what no CLIP has. */
const probes = /^(visual\.attnpool\.probe|vision_model\.head\.probe|visual\.trunk\.attn_pool\.latent)$/;

/** Which family tensors of these names are of. */
export const familyOf = (names: Iterable<string>): Family =>
  [...names].some((name) => probes.test(name)) ? 'siglip' : 'clip';

/**
 * A CLIP's tensors by OpenAI's names. Data is rearranged when it is read, where the layouts differ.
 * @throws naming a tensor that the naming does not know, or whose parts do not fit together; or when it is a Combiner
 */
export function toOpenAiNames(tensors: Tensors): { naming: Naming; tensors: Map<string, WeightTensor> } {
  if (weightsKind({ tensors }) === 'Combiner') {
    throw new Error('expected a CLIP, found a Combiner: are the two files swapped?');
  }
  const weights = withoutWrappers(tensors);
  for (const name of SCALARS) {
    const tensor = weights.get(name);
    if (tensor && elementsOf(tensor.shape) === 1) weights.set(name, { ...tensor, shape: [] });
  }
  const naming = namingOf(weights.keys());
  const rename = { 'Hugging Face': fromHuggingFace, open_clip: fromOpenClip, OpenAI: (same: typeof weights) => same };
  return { naming, tensors: rename[naming](weights) };
}

/** Which network a file holds, by its tensors' names; undefined if it is neither. */
export function weightsKind({ tensors }: Pick<WeightFile, 'tensors'>): 'CLIP' | 'Combiner' | undefined {
  const names = [...tensors.keys()];
  if (names.some((name) => /(^|\.)combiner_layer\.weight$/.test(name))) return 'Combiner';
  return names.some((name) => /(^|\.)token_embedding\.weight$/.test(name)) ? 'CLIP' : undefined;
}
