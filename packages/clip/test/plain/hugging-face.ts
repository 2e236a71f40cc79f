import { DTYPE_BYTES, type StoredTensor, storedTensor } from '../../src/index.ts';

type Tensors = Map<string, StoredTensor>;

const names: readonly [RegExp, string][] = [
  [/^token_embedding\.weight$/, 'text_model.embeddings.token_embedding.weight'],
  [/^positional_embedding$/, 'text_model.embeddings.position_embedding.weight'],
  [/^ln_final/, 'text_model.final_layer_norm'],
  [/^transformer\.resblocks/, 'text_model.encoder.layers'],
  [/^visual\.class_embedding$/, 'vision_model.embeddings.class_embedding'],
  [/^visual\.conv1\.weight$/, 'vision_model.embeddings.patch_embedding.weight'],
  [/^visual\.positional_embedding$/, 'vision_model.embeddings.position_embedding.weight'],
  [/^visual\.ln_pre/, 'vision_model.pre_layrnorm'],
  [/^visual\.ln_post/, 'vision_model.post_layernorm'],
  [/^visual\.transformer\.resblocks/, 'vision_model.encoder.layers'],
  [/\.attn\.out_proj/, '.self_attn.out_proj'],
  [/\.ln_(\d)/, '.layer_norm$1'],
  [/\.mlp\.c_fc/, '.mlp.fc1'],
  [/\.mlp\.c_proj/, '.mlp.fc2'],
];

/** A CLIP as transformers would save it, written from the table of names, not with the code under test. */
export function asHuggingFace(openAi: ReadonlyMap<string, StoredTensor>): Tensors {
  const result: Tensors = new Map();
  for (const [name, tensor] of openAi) {
    const renamed = names.reduce((at, [from, to]) => at.replace(from, to), name);
    const attention = /^(.*)\.attn\.in_proj_(weight|bias)$/.exec(renamed);
    if (attention) {
      const { dtype, shape, bytes } = tensor;
      const third = bytes.length / 3;
      for (const [i, part] of ['q', 'k', 'v'].entries()) {
        const piece = bytes.slice(i * third, (i + 1) * third);
        const partName = `${attention[1]}.self_attn.${part}_proj.${attention[2]}`;
        result.set(partName, storedTensor(dtype, [shape[0] / 3, ...shape.slice(1)], piece));
      }
    } else if (name === 'text_projection') result.set('text_projection.weight', transposed(tensor));
    else if (name === 'visual.proj') result.set('visual_projection.weight', transposed(tensor));
    else result.set(renamed, tensor);
  }
  const ids = new Uint8Array(8 * 77);
  return result.set('text_model.embeddings.position_ids', storedTensor('I64', [1, 77], ids));
}

function transposed({ dtype, shape: [rows, columns], bytes }: StoredTensor): StoredTensor {
  const size = DTYPE_BYTES[dtype];
  const turned = bytes.map((_, at) => {
    const element = Math.floor(at / size);
    const from = (element % rows) * columns + Math.floor(element / rows);
    return bytes[from * size + (at % size)];
  });
  return storedTensor(dtype, [columns, rows], turned);
}
