import { PROBE } from '../../config.ts';
import type { WeightTensor } from '../weight-file.ts';
import { concatenated, transposed, withoutBatchAxes } from './rearrange.ts';

type Tensors = ReadonlyMap<string, WeightTensor>;

/**
 * Names by transformers and by OpenAI for what is one tensor in both (convert_clip_original_pytorch_to_hf.py of
 * transformers); the head of SigLIP's image encoder has names of its own.
 */
const TOWERS: readonly [from: string, to: string][] = [
  ['text_model.embeddings.token_embedding.weight', 'token_embedding.weight'],
  ['text_model.embeddings.position_embedding.weight', 'positional_embedding'],
  ['text_model.final_layer_norm.', 'ln_final.'],
  ['text_model.encoder.layers.', 'transformer.resblocks.'],
  ['text_model.head.bias', 'text_projection_bias'],
  ['vision_model.embeddings.class_embedding', 'visual.class_embedding'],
  ['vision_model.embeddings.patch_embedding.', 'visual.conv1.'],
  ['vision_model.embeddings.position_embedding.weight', 'visual.positional_embedding'],
  ['vision_model.pre_layrnorm.', 'visual.ln_pre.'],
  ['vision_model.post_layernorm.', 'visual.ln_post.'],
  ['vision_model.encoder.layers.', 'visual.transformer.resblocks.'],
  ['vision_model.head.attention.', 'visual.attnpool.'],
  ['vision_model.head.layernorm.', 'visual.attnpool.ln.'],
  ['vision_model.head.mlp.', 'visual.attnpool.mlp.'],
];

const LAYER: readonly [from: string, to: string][] = [
  ['.self_attn.out_proj.', '.attn.out_proj.'],
  ['.layer_norm1.', '.ln_1.'],
  ['.layer_norm2.', '.ln_2.'],
  ['.mlp.fc1.', '.mlp.c_fc.'],
  ['.mlp.fc2.', '.mlp.c_proj.'],
];

/** Weights of `torch.nn.Linear` that OpenAI's parameters hold transposed. */
const TRANSPOSED: ReadonlyMap<string, string> = new Map([
  ['text_projection.weight', 'text_projection'],
  ['visual_projection.weight', 'visual.proj'],
  ['text_model.head.weight', 'text_projection'],
]);

const LOGITS: readonly string[] = ['logit_scale', 'logit_bias'];

/**
 * The tensors of transformers' `CLIPModel` or `SiglipModel` by OpenAI's names: query, key and value become one tensor,
 * projections are transposed.
 * @throws naming a tensor that neither of them has, or the part of an attention that is missing
 */
export function fromHuggingFace(tensors: Tensors): Map<string, WeightTensor> {
  const result = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    const attention = /^(.*)\.self_attn\.([qkv])_proj\.(weight|bias)$/.exec(name);
    if (attention) {
      const [, layer, , kind] = attention;
      const parts = ['q', 'k', 'v'].map((part) => ({ name: `${layer}.self_attn.${part}_proj.${kind}`, units: 1 }));
      const target = `${renameTower(layer, name)}.attn.in_proj_${kind}`;
      if (!result.has(target)) result.set(target, concatenated(tensors, parts));
      continue;
    }
    const transposedName = TRANSPOSED.get(name);
    if (transposedName) result.set(transposedName, transposed(name, tensor));
    else if (name === 'vision_model.head.probe') result.set(PROBE, withoutBatchAxes(name, tensor, 1));
    else if (LOGITS.includes(name)) result.set(name, tensor);
    else
      result.set(
        renameTower(
          LAYER.reduce((at, [from, to]) => at.replace(from, to), name),
          name,
        ),
        tensor,
      );
  }
  return result;
}

function renameTower(renamed: string, name: string): string {
  const rule = TOWERS.find(([from]) => renamed.startsWith(from));
  if (rule) return rule[1] + renamed.slice(rule[0].length);
  throw new Error(
    `tensor ${name}: expected a name of Hugging Face's CLIPModel or SiglipModel; this is another architecture.`,
  );
}
