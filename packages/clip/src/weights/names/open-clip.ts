import { PROBE } from '../../config.ts';
import type { WeightTensor } from '../weight-file.ts';
import { concatenated, transposed, withoutBatchAxes } from './rearrange.ts';

type Tensors = ReadonlyMap<string, WeightTensor>;

/** Where open_clip keeps an image encoder of timm's. */
const TRUNK = 'visual.trunk.';

/** Names by timm (vision_transformer.py and attention_pool.py) and ours for SigLIP's image encoder. */
const TRUNK_NAMES: readonly [from: RegExp, to: string][] = [
  [/^patch_embed\.proj\./, 'visual.conv1.'],
  [/^norm\./, 'visual.ln_post.'],
  [/^blocks\.(\d+)\.norm([12])\./, 'visual.transformer.resblocks.$1.ln_$2.'],
  [/^blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/, 'visual.transformer.resblocks.$1.attn.in_proj_$2'],
  [/^blocks\.(\d+)\.attn\.proj\./, 'visual.transformer.resblocks.$1.attn.out_proj.'],
  [/^blocks\.(\d+)\.mlp\.fc1\./, 'visual.transformer.resblocks.$1.mlp.c_fc.'],
  [/^blocks\.(\d+)\.mlp\.fc2\./, 'visual.transformer.resblocks.$1.mlp.c_proj.'],
  [/^attn_pool\.proj\./, 'visual.attnpool.out_proj.'],
  [/^attn_pool\.norm\./, 'visual.attnpool.ln.'],
  [/^attn_pool\.mlp\.fc1\./, 'visual.attnpool.mlp.c_fc.'],
  [/^attn_pool\.mlp\.fc2\./, 'visual.attnpool.mlp.c_proj.'],
];

/**
 * The tensors of open_clip's models with a separate text tower, which puts a prefix before OpenAI's names; SigLIP's have
 * timm's image encoder. Its other models use OpenAI's names.
 * @throws naming a tensor that belongs to another image encoder of timm's
 */
export function fromOpenClip(tensors: Tensors): Map<string, WeightTensor> {
  const result = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith(TRUNK)) result.set(...fromTrunk(name, tensor, tensors));
    else if (name === 'text.text_projection.weight') result.set('text_projection', transposed(name, tensor));
    else if (name === 'text.text_projection.bias') result.set('text_projection_bias', tensor);
    else result.set(name.replace(/^text\./, ''), tensor);
  }
  return result;
}

function fromTrunk(name: string, tensor: WeightTensor, tensors: Tensors): [name: string, tensor: WeightTensor] {
  const inner = name.slice(TRUNK.length);
  if (inner === 'pos_embed') return ['visual.positional_embedding', withoutBatchAxes(name, tensor, 2)];
  if (inner === 'attn_pool.latent') return [PROBE, withoutBatchAxes(name, tensor, 1)];
  const pooling = /^attn_pool\.(?:q|kv)\.(weight|bias)$/.exec(inner)?.[1];
  if (pooling) {
    const part = (of: string, units: number) => ({ name: `${TRUNK}attn_pool.${of}.${pooling}`, units });
    return [`visual.attnpool.in_proj_${pooling}`, concatenated(tensors, [part('q', 1), part('kv', 2)])];
  }
  const rule = TRUNK_NAMES.find(([from]) => from.test(inner));
  if (rule) return [inner.replace(...rule), tensor];
  throw new Error(`tensor ${name}: expected a name of timm's SigLIP; this is another image encoder of timm's.`);
}
