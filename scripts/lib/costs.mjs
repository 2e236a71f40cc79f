// What CLIP and the Combiner cost, from the shapes of their tensors: floating-point operations, of which a
// multiplication and an addition are two, and values kept for the backward pass. Only matrix products and convolutions
// are counted; all else is small beside them. The order of layers is that of openai/CLIP's model.py.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The shapes of the tensors of OpenAI's CLIPs, by model and name. */
export const readShapes = () =>
  JSON.parse(
    gunzipSync(readFileSync(new URL('../../packages/clip/test/fixtures/state-shapes.json.gz', import.meta.url))),
  );

const product = (shape) => shape.reduce((total, size) => total * size, 1);
const sum = (values) => values.reduce((total, value) => total + value, 0);

export const isVisual = (name) => name.startsWith('visual.');

/** Trainable values. @param wanted picks tensors by name */
export const parameters = (shapes, wanted = () => true) =>
  sum(
    Object.entries(shapes)
      .filter(([name]) => !/running_|num_batches/.test(name) && wanted(name))
      .map(([, shape]) => product(shape)),
  );

/** Operations of the forward pass for one image. */
export function imageFlops(shapes) {
  if (!shapes['visual.proj']) return sum(resnetLayers(shapes).map(({ flops }) => flops));
  const [width, embed] = shapes['visual.proj'];
  const [tokens] = shapes['visual.positional_embedding'];
  const patches = 2 * product(shapes['visual.conv1.weight']) * (tokens - 1);
  return patches + blocksFlops(shapes, 'visual.transformer', width, tokens) + 2 * width * embed;
}

/** Operations of the forward pass for one caption, of which so many positions are run. */
export function textFlops(shapes, positions) {
  const [width, embed] = shapes.text_projection;
  return blocksFlops(shapes, 'transformer', width, positions) + 2 * width * embed;
}

const countBlocks = (shapes, prefix) =>
  Object.keys(shapes).filter((name) => name.startsWith(prefix) && name.endsWith('.attn.in_proj_weight')).length;

/** Each token takes 24 width² for matrices and 4 tokens width for attention; only one leaves the last attention. */
function blocksFlops(shapes, prefix, width, tokens) {
  const [attention, matrices, afterAttention] = [4 * tokens * width, 24 * width * width, 18 * width * width];
  return countBlocks(shapes, prefix) * tokens * (matrices + attention) - (tokens - 1) * afterAttention;
}

/** Values kept for one caption: all, or, with activations computed `again`, what enters each block and all of one. */
export function textActivations(shapes, positions) {
  const width = shapes.text_projection[0];
  // Per token and block: what enters both norms, what leaves them, qkv, attention, and the MLP before and after its
  // activation.
  const block = 16 * width * positions;
  const blocks = countBlocks(shapes, 'transformer');
  return { all: blocks * block, again: blocks * width * positions + block };
}

/** Values kept for one image through a ResNet, in the same two ways: what enters and leaves each convolution. */
export function imageActivations(shapes) {
  const layers = resnetLayers(shapes);
  const blocks = [...new Set(layers.map(({ block }) => block))].map((name) => {
    const own = layers.filter(({ block }) => block === name);
    return { kept: sum(own.map(({ kept }) => kept)), enters: own[0].enters };
  });
  return {
    all: sum(blocks.map(({ kept }) => kept)),
    again: sum(blocks.map(({ enters }) => enters)) + Math.max(...blocks.map(({ kept }) => kept)),
  };
}

/** The convolutions of a ModifiedResNet and its attention pooling, in order, for one image. */
function resnetLayers(shapes) {
  const layers = [];
  const [positions, channels] = shapes['visual.attnpool.positional_embedding'];
  const grid = Math.sqrt(positions - 1);
  // `from` and `to`: sides of what enters and of what leaves. `pooled`: side of what is pooled before it enters.
  const convolution = (block, name, from, to, { pooled = 0, enters = true } = {}) => {
    const [out, inner, ...window] = shapes[`visual.${name}.weight`];
    const entering = inner * from * from;
    const kept = (enters ? entering : 0) + out * to * to + inner * pooled * pooled;
    layers.push({ block, flops: 2 * out * inner * product(window) * to * to, kept, enters: entering });
  };
  convolution('stem', 'conv1', 32 * grid, 16 * grid);
  convolution('stem', 'conv2', 16 * grid, 16 * grid);
  convolution('stem', 'conv3', 16 * grid, 16 * grid);
  for (const stage of [1, 2, 3, 4]) {
    const side = (grid * 8) / 2 ** (stage - 1);
    for (let index = 0; shapes[`visual.layer${stage}.${index}.conv1.weight`]; index++) {
      const block = `layer${stage}.${index}`;
      const pools = stage > 1 && index === 0;
      const from = pools ? 2 * side : side;
      convolution(block, `${block}.conv1`, from, from);
      convolution(block, `${block}.conv2`, from, from);
      // Its relu comes after the shortcut has been added.
      convolution(block, `${block}.conv3`, side, side, { pooled: pools ? from : 0 });
      // The shortcut reads what conv1 reads, unless it is pooled before.
      if (index === 0) convolution(block, `${block}.downsample.0`, side, side, { enters: pools });
    }
  }
  const [embed] = shapes['visual.attnpool.c_proj.weight'];
  const tokens = positions * channels;
  layers.push({
    block: 'attnpool',
    // Keys and values of all tokens, one query, its attention, and the projection.
    flops: 4 * tokens * channels + 2 * channels * channels + 4 * tokens + 2 * channels * embed,
    kept: 3 * tokens,
    enters: tokens,
  });
  return layers;
}

const combinerLayers = ({ features: d, projection: p, hidden: h }) => [
  [p, d],
  [p, d],
  [h, 2 * p],
  [d, h],
  [h, 2 * p],
  [1, h],
];

export const combinerParameters = (sizes) => sum(combinerLayers(sizes).map(([out, inner]) => out * inner + out));

/** Operations of the forward pass for one query. */
export const combinerFlops = (sizes) => sum(combinerLayers(sizes).map(([out, inner]) => 2 * out * inner));

/** Values kept for one query: projections, their dropout and concatenation, both hidden layers and their dropout. */
export const combinerActivations = ({ projection: p, hidden: h }) => 6 * p + 4 * h;
