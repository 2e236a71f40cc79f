import type { ClipModel } from '@webcir/clip';
import { type Attribute, initializer, model, node } from './protobuf.ts';

/**
 * The image encoder of a CLIP with a vision transformer as an ONNX file: from `pixels` [1, 3, size, size], normalized,
 * to `feature` [1, embed]. It stands for a model that comes from elsewhere.
 */
export async function onnxEncoder({ config, tensors }: ClipModel): Promise<Uint8Array<ArrayBuffer>> {
  const { vision, imageResolution: size, embedDim, layerNormEpsilon } = config;
  if (vision.kind !== 'vit') throw new Error(`expected a CLIP with a vision transformer, found a ${vision.kind}`);
  const { width, heads, layers, patchSize } = vision;
  const tokens = (size / patchSize) ** 2 + 1;
  const nodes: Uint8Array<ArrayBuffer>[] = [];
  const arrays = new Map<string, Uint8Array<ArrayBuffer>>();
  let made = 0;

  /** Adds a node. @returns the name of what it makes */
  function add(type: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const output = `${type} ${made++}`;
    nodes.push(node(type, inputs, [output], attributes));
    return output;
  }
  async function weight(name: string): Promise<string> {
    const tensor = tensors.get(`visual.${name}`)!;
    if (!arrays.has(name)) arrays.set(name, initializer(name, tensor.shape, (await tensor.read()).slice()));
    return name;
  }
  function whole(...values: readonly number[]): string {
    const name = `[${values}]`;
    arrays.set(name, initializer(name, [values.length], BigInt64Array.from(values, BigInt)));
    return name;
  }
  function number(value: number): string {
    arrays.set(String(value), initializer(String(value), [], Float32Array.of(value)));
    return String(value);
  }
  const norm = async (x: string, name: string) =>
    add('LayerNormalization', [x, await weight(`${name}.weight`), await weight(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: layerNormEpsilon },
    });
  const linear = async (x: string, weights: string, bias: string) =>
    add('Gemm', [x, await weight(weights), await weight(bias)], { transB: 1 });

  async function attention(x: string, name: string): Promise<string> {
    const qkv = await linear(x, `${name}.in_proj_weight`, `${name}.in_proj_bias`);
    const part = (which: number, perm: readonly number[]) => {
      const values = add('Slice', [qkv, whole(which * width), whole((which + 1) * width), whole(1)]);
      return add('Transpose', [add('Reshape', [values, whole(tokens, heads, width / heads)])], { perm });
    };
    const products = add('MatMul', [part(0, [1, 0, 2]), part(1, [1, 2, 0])]);
    const shares = add('Softmax', [add('Mul', [products, number(1 / Math.sqrt(width / heads))])], { axis: -1 });
    const mixed = add('Transpose', [add('MatMul', [shares, part(2, [1, 0, 2])])], { perm: [1, 0, 2] });
    return linear(add('Reshape', [mixed, whole(tokens, width)]), `${name}.out_proj.weight`, `${name}.out_proj.bias`);
  }
  async function mlp(x: string, name: string): Promise<string> {
    const inner = await linear(x, `${name}.c_fc.weight`, `${name}.c_fc.bias`);
    const quickGelu = add('Mul', [inner, add('Sigmoid', [add('Mul', [inner, number(1.702)])])]);
    return linear(quickGelu, `${name}.c_proj.weight`, `${name}.c_proj.bias`);
  }

  const grid = add('Conv', ['pixels', await weight('conv1.weight')], { strides: [patchSize, patchSize] });
  const patches = add('Transpose', [add('Reshape', [grid, whole(width, tokens - 1)])], { perm: [1, 0] });
  const classToken = add('Reshape', [await weight('class_embedding'), whole(1, width)]);
  let hidden = add('Add', [add('Concat', [classToken, patches], { axis: 0 }), await weight('positional_embedding')]);
  hidden = await norm(hidden, 'ln_pre');
  for (let layer = 0; layer < layers; layer++) {
    const block = `transformer.resblocks.${layer}`;
    hidden = add('Add', [hidden, await attention(await norm(hidden, `${block}.ln_1`), `${block}.attn`)]);
    hidden = add('Add', [hidden, await mlp(await norm(hidden, `${block}.ln_2`), `${block}.mlp`)]);
  }
  const pooled = await norm(add('Slice', [hidden, whole(0), whole(1), whole(0)]), 'ln_post');
  nodes.push(node('MatMul', [pooled, await weight('proj')], ['feature']));
  return model(
    nodes,
    [...arrays.values()],
    { name: 'pixels', dims: [1, 3, size, size] },
    { name: 'feature', dims: [1, embedDim] },
  );
}
