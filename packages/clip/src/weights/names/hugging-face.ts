import { DTYPE_BYTES } from '../dtype.ts';
import type { WeightTensor } from '../weight-file.ts';

type Tensors = ReadonlyMap<string, WeightTensor>;

/**
 * Names by transformers and by OpenAI for what is one tensor in both (convert_clip_original_pytorch_to_hf.py of
 * transformers).
 */
const TOWERS: readonly [from: string, to: string][] = [
  ['text_model.embeddings.token_embedding.weight', 'token_embedding.weight'],
  ['text_model.embeddings.position_embedding.weight', 'positional_embedding'],
  ['text_model.final_layer_norm.', 'ln_final.'],
  ['text_model.encoder.layers.', 'transformer.resblocks.'],
  ['vision_model.embeddings.class_embedding', 'visual.class_embedding'],
  ['vision_model.embeddings.patch_embedding.weight', 'visual.conv1.weight'],
  ['vision_model.embeddings.position_embedding.weight', 'visual.positional_embedding'],
  ['vision_model.pre_layrnorm.', 'visual.ln_pre.'],
  ['vision_model.post_layernorm.', 'visual.ln_post.'],
  ['vision_model.encoder.layers.', 'visual.transformer.resblocks.'],
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
]);

/**
 * The tensors of transformers' `CLIPModel` by OpenAI's names: query, key and value become one tensor, projections are
 * transposed.
 * @throws naming a tensor that no CLIPModel has, or the part of an attention that is missing
 */
export function fromHuggingFace(tensors: Tensors): Map<string, WeightTensor> {
  const result = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    const attention = /^(.*)\.self_attn\.([qkv])_proj\.(weight|bias)$/.exec(name);
    if (attention) {
      const [, layer, part, kind] = attention;
      const target = `${renameTower(layer, name)}.attn.in_proj_${kind}`;
      if (part === 'q') result.set(target, concatenated(tensors, `${layer}.self_attn`, kind));
      else if (!tensors.has(`${layer}.self_attn.q_proj.${kind}`)) concatenated(tensors, `${layer}.self_attn`, kind);
      continue;
    }
    const transposedName = TRANSPOSED.get(name);
    if (transposedName) result.set(transposedName, transposed(name, tensor));
    else if (name === 'logit_scale') result.set(name, tensor);
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
  if (!rule)
    throw new Error(`tensor ${name}: expected a name of Hugging Face's CLIPModel; this is another architecture.`);
  return rule[1] + renamed.slice(rule[0].length);
}

/** Query, key and value, one after the other, as `torch.nn.MultiheadAttention` holds them. */
function concatenated(tensors: Tensors, attention: string, kind: string): WeightTensor {
  const parts = ['q', 'k', 'v'].map((part) => {
    const name = `${attention}.${part}_proj.${kind}`;
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`expected a tensor ${name} beside the other parts of its attention, found none.`);
    return { name, ...tensor };
  });
  const [{ dtype, shape }] = parts;
  const other = parts.find((part) => part.dtype !== dtype || part.shape.join() !== shape.join());
  if (other) {
    const found = `${other.dtype} [${other.shape.join(', ')}]`;
    throw new Error(`tensor ${other.name}: expected ${dtype} [${shape.join(', ')}] as for the query, found ${found}.`);
  }
  return {
    dtype,
    shape: [3 * shape[0], ...shape.slice(1)],
    async read() {
      const pieces = await Promise.all(parts.map((part) => part.read()));
      const whole = new Uint8Array(3 * pieces[0].length);
      for (const [i, piece] of pieces.entries()) whole.set(piece, i * piece.length);
      return whole;
    },
  };
}

function transposed(name: string, { dtype, shape, read }: WeightTensor): WeightTensor {
  if (shape.length !== 2) throw new Error(`tensor ${name}: expected 2 axes, found the shape [${shape.join(', ')}].`);
  const [rows, columns] = shape;
  const size = DTYPE_BYTES[dtype];
  return {
    dtype,
    shape: [columns, rows],
    async read() {
      const from = await read();
      const to = new Uint8Array(from.length);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const start = (row * columns + column) * size;
          to.set(from.subarray(start, start + size), (column * rows + row) * size);
        }
      }
      return to;
    },
  };
}
