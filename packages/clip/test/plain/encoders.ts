// CLIP's encoders out of the plain layers, after openai/CLIP's model.py, on one text or image. They know a model by its
// tensors alone and compute every token to the end.
import {
  add,
  attend,
  averagePool,
  concat,
  convolve,
  layernorm,
  linear,
  mapPlanes,
  type Planes,
  project,
  quickGelu,
  relu,
  rowsOf,
  type Values,
} from './layers.ts';

/** Values by OpenAI's names. Throws for a name that is missing. */
export interface Tensors {
  (name: string): Values;
  has(name: string): boolean;
}

/** What the tensors do not tell of an encoder. */
export interface PlainSettings {
  /** Attention heads; a head for every 64 channels unless given. */
  readonly heads?: number;
  readonly epsilon: number;
  activate(x: Float64Array): Float64Array;
}

/** OpenAI's. */
export const openAi: PlainSettings = { epsilon: 1e-5, activate: quickGelu };

export function transformer(
  x: Float64Array,
  tensors: Tensors,
  prefix: string,
  causal: boolean,
  { heads, epsilon, activate }: PlainSettings,
): Float64Array {
  let hidden = x;
  for (let layer = 0; tensors.has(`${prefix}.resblocks.${layer}.ln_1.weight`); layer++) {
    const of = (name: string) => tensors(`${prefix}.resblocks.${layer}.${name}`);
    const width = of('ln_1.weight').length;
    const normed = layernorm(hidden, of('ln_1.weight'), of('ln_1.bias'), epsilon);
    const [weight, bias] = [of('attn.in_proj_weight'), of('attn.in_proj_bias')];
    const [query, key, value] = [0, 1, 2].map((third) =>
      linear(
        normed,
        weight.subarray(third * width * width, (third + 1) * width * width),
        bias.subarray(third * width, (third + 1) * width),
      ),
    );
    const mixed = attend(query, key, value, width, { heads, causal });
    hidden = add(hidden, linear(mixed, of('attn.out_proj.weight'), of('attn.out_proj.bias')));
    const wide = linear(
      layernorm(hidden, of('ln_2.weight'), of('ln_2.bias'), epsilon),
      of('mlp.c_fc.weight'),
      of('mlp.c_fc.bias'),
    );
    hidden = add(hidden, linear(activate(wide), of('mlp.c_proj.weight'), of('mlp.c_proj.bias')));
  }
  return hidden;
}

/** @param tokens up to the end-of-text token @returns [embed], not normalized */
export function plainText(tokens: readonly number[], tensors: Tensors, settings = openAi): Float64Array {
  const width = tensors('ln_final.weight').length;
  const table = tensors('token_embedding.weight');
  const embedded = tokens.flatMap((token) => [...table.subarray(token * width, (token + 1) * width)]);
  const hidden = transformer(
    add(Float64Array.from(embedded), tensors('positional_embedding')),
    tensors,
    'transformer',
    true,
    settings,
  );
  const normed = layernorm(hidden, tensors('ln_final.weight'), tensors('ln_final.bias'), settings.epsilon);
  return project(normed.subarray(-width), tensors('text_projection'));
}

/** @param pixels normalized @returns [embed], not normalized */
export function plainVit(pixels: Planes, tensors: Tensors, settings = openAi): Float64Array {
  const { epsilon } = settings;
  const of = (name: string) => tensors(`visual.${name}`);
  const width = of('class_embedding').length;
  const patch = Math.sqrt(of('conv1.weight').length / width / pixels.channels);
  const patches = rowsOf(convolve(pixels, of('conv1.weight'), width, patch));
  const embedded = add(concat(of('class_embedding'), patches), of('positional_embedding'));
  const normed = layernorm(embedded, of('ln_pre.weight'), of('ln_pre.bias'), epsilon);
  const hidden = transformer(normed, tensors, 'visual.transformer', false, settings);
  return project(layernorm(hidden.subarray(0, width), of('ln_post.weight'), of('ln_post.bias'), epsilon), of('proj'));
}

/** BatchNorm with the statistics that are stored under its name. */
function batchnorm(x: Planes, name: string, tensors: Tensors): Planes {
  const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    tensors(`${name}.${part}`),
  );
  return mapPlanes(x, (value, c) => ((value - mean[c]) / Math.sqrt(variance[c] + 1e-5)) * weight[c] + bias[c]);
}

/**
 * The ModifiedResNet without its attention pooling, layer by layer over several images.
 * @param images normalized
 * @param measure is shown what each BatchNorm gets, before it is normalized
 */
export function plainResnetTrunk(
  images: readonly Planes[],
  tensors: Tensors,
  measure: (name: string, images: readonly Planes[]) => void = () => {},
): readonly Planes[] {
  const convolution = (xs: readonly Planes[], name: string, bn: string, stride = 1, padding = 0) => {
    const [weight, out] = [tensors(`${name}.weight`), tensors(`${bn}.weight`).length];
    const ys = xs.map((x) => convolve(x, weight, out, stride, padding));
    measure(bn, ys);
    return ys.map((y) => batchnorm(y, bn, tensors));
  };
  const pooled = (xs: readonly Planes[], size: number) => (size > 1 ? xs.map((x) => averagePool(x, size)) : xs);

  let xs: readonly Planes[] = convolution(images, 'visual.conv1', 'visual.bn1', 2, 1).map(relu);
  xs = convolution(xs, 'visual.conv2', 'visual.bn2', 1, 1).map(relu);
  xs = pooled(convolution(xs, 'visual.conv3', 'visual.bn3', 1, 1).map(relu), 2);
  for (const stage of [1, 2, 3, 4]) {
    for (let block = 0; tensors.has(`visual.layer${stage}.${block}.conv1.weight`); block++) {
      const name = `visual.layer${stage}.${block}`;
      const stride = stage > 1 && block === 0 ? 2 : 1;
      const narrow = convolution(xs, `${name}.conv1`, `${name}.bn1`).map(relu);
      const inner = pooled(convolution(narrow, `${name}.conv2`, `${name}.bn2`, 1, 1).map(relu), stride);
      const wide = convolution(inner, `${name}.conv3`, `${name}.bn3`);
      const shortcuts =
        block === 0 ? convolution(pooled(xs, stride), `${name}.downsample.0`, `${name}.downsample.1`) : xs;
      xs = wide.map((y, i) => relu({ ...y, data: add(y.data, shortcuts[i].data) }));
    }
  }
  return xs;
}

/** @param pixels normalized @returns [embed], not normalized */
export function plainResnet(pixels: Planes, tensors: Tensors): Float64Array {
  const [x] = plainResnetTrunk([pixels], tensors);
  const mean = averagePool(x, x.height);
  const rows = add(concat(mean.data, rowsOf(x)), tensors('visual.attnpool.positional_embedding'));
  const layer = (input: Float64Array, name: string) =>
    linear(input, tensors(`visual.attnpool.${name}.weight`), tensors(`visual.attnpool.${name}.bias`));
  const query = layer(rows.subarray(0, x.channels), 'q_proj');
  return layer(attend(query, layer(rows, 'k_proj'), layer(rows, 'v_proj'), x.channels), 'c_proj');
}

/**
 * SigLIP's text encoder, after transformers' modeling_siglip.py.
 * @param tokens padded to the context length
 * @returns [embed], not normalized
 */
export function plainSiglipText(tokens: readonly number[], tensors: Tensors, settings: PlainSettings): Float64Array {
  const width = tensors('ln_final.weight').length;
  const table = tensors('token_embedding.weight');
  const embedded = tokens.flatMap((token) => [...table.subarray(token * width, (token + 1) * width)]);
  const positions = tensors('positional_embedding');
  const hidden = transformer(add(Float64Array.from(embedded), positions), tensors, 'transformer', false, settings);
  const normed = layernorm(hidden, tensors('ln_final.weight'), tensors('ln_final.bias'), settings.epsilon);
  return add(project(normed.subarray(-width), tensors('text_projection')), tensors('text_projection_bias'));
}

/** SigLIP's image encoder, after the same file. @param pixels normalized @returns [embed], not normalized */
export function plainSiglipImage(pixels: Planes, tensors: Tensors, settings: PlainSettings): Float64Array {
  const { epsilon, activate } = settings;
  const of = (name: string) => tensors(`visual.${name}`);
  const norm = (x: Float64Array, name: string) => layernorm(x, of(`${name}.weight`), of(`${name}.bias`), epsilon);
  const layer = (x: Float64Array, name: string) => linear(x, of(`${name}.weight`), of(`${name}.bias`));
  const width = of('conv1.bias').length;
  const patch = Math.sqrt(of('conv1.weight').length / width / pixels.channels);
  const grid = convolve(pixels, of('conv1.weight'), width, patch);
  const patches = rowsOf(mapPlanes(grid, (value, channel) => value + of('conv1.bias')[channel]));
  const embedded = add(patches, of('positional_embedding'));
  const tokens = norm(transformer(embedded, tensors, 'visual.transformer', false, settings), 'ln_post');

  const [query, keys, values] = [Float64Array.from(of('attnpool.probe')), tokens, tokens].map((x, part) => {
    const rows = of('attnpool.in_proj_weight').subarray(part * width * width, (part + 1) * width * width);
    return linear(x, rows, of('attnpool.in_proj_bias').subarray(part * width, (part + 1) * width));
  });
  const pooled = layer(attend(query, keys, values, width, { heads: settings.heads }), 'attnpool.out_proj');
  const inner = activate(layer(norm(pooled, 'attnpool.ln'), 'attnpool.mlp.c_fc'));
  return add(pooled, layer(inner, 'attnpool.mlp.c_proj'));
}
