import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { attentionPoolBackwardScoresKernel } from './attention-pool.backward.scores.wgsl.ts';
import { attentionPoolBackwardKernel } from './attention-pool.backward.wgsl.ts';
import { attentionPoolScoresKernel } from './attention-pool.scores.wgsl.ts';
import { attentionPoolKernel } from './attention-pool.wgsl.ts';

interface Attributes {
  readonly heads: number;
}

function layout({ shape: [batch, tokens, width] }: Tensor, { heads }: Attributes) {
  const headSize = width / heads;
  const sequences = batch * heads;
  return {
    sizes: { tokens, heads, sequences, width4: width / 4, headSize4: headSize / 4 },
    scale: 1 / Math.sqrt(headSize),
    headGrid: linearGrid(sequences, 64),
    columnGrid: linearGrid((batch * width) / 4, 64),
  };
}

const definition: OpDefinition<Attributes> = {
  name: 'attention-pool',
  outputs(inputs, { heads }) {
    const [q, k, v] = inputs;
    const [batch, tokens, width] = k.shape;
    const fits =
      inputs.every(({ dtype }) => dtype === 'f32') &&
      q.shape.length === 2 &&
      [k, v].every(
        ({ shape }) => shape.length === 3 && shape[0] === q.shape[0] && shape[1] === tokens && shape[2] === q.shape[1],
      ) &&
      Number.isInteger(heads) &&
      heads > 0 &&
      width % (4 * heads) === 0;
    const expected = `q f32[batch, width], k and v f32[batch, tokens, width], width = ${heads} heads * a multiple of 4`;
    expectShapes(fits, 'attention-pool', expected, inputs);
    return [
      { shape: q.shape, dtype: 'f32' },
      { shape: [batch, heads, Math.ceil(tokens / 4) * 4], dtype: 'f32' },
    ];
  },
  launch({ inputs: [q, k, v], outputs: [y, probabilities], attributes, used, scratch }) {
    const { sizes, scale, headGrid, columnGrid } = layout(k, attributes);
    const p = used(probabilities) ? probabilities : scratch(probabilities.shape);
    return [
      dispatch(attentionPoolScoresKernel, { q, k, p }, { ...sizes, scale }, headGrid),
      dispatch(attentionPoolKernel, { p, v, y }, sizes, columnGrid),
    ];
  },
};

export const attentionPoolGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [q, k, v], outputs: [, p], attributes }, [dy]) {
    return dy ? apply(backward, [q, k, v, p, dy], attributes) : [];
  },
};

const backward: OpDefinition<Attributes> = {
  name: 'attention-pool.backward',
  outputs: ([q, k, v]) => [q, k, v],
  launch({ inputs: [q, k, v, p, dy], outputs: [dq, dk, dv], attributes, used, scratch }) {
    const { sizes, scale, headGrid, columnGrid } = layout(k, attributes);
    const ds = scratch(p.shape);
    const stores = { storesQ: used(dq) ? 1 : 0, storesK: used(dk) ? 1 : 0, storesV: used(dv) ? 1 : 0 };
    return [
      dispatch(attentionPoolBackwardScoresKernel, { v, dy, p, ds }, { ...sizes, scale }, headGrid),
      dispatch(attentionPoolBackwardKernel, { q, k, dy, p, ds, dq, dk, dv }, { ...sizes, ...stores }, columnGrid),
    ];
  },
  noGradient: firstOrderOnly,
};

/**
 * The core of CLIP's attention pooling (Radford et al. 2021, arXiv 2103.00020; `AttentionPool2d`): one query per
 * image, per head softmax(q kT / sqrt(head size)) v.
 * @param q [batch, width]
 * @param k [batch, tokens, width]
 * @param v [batch, tokens, width]
 * @param options the head size, width / heads, must be a multiple of 4
 * @returns [batch, width]
 * @throws ShapeError
 */
export function attentionPool(q: Tensor, k: Tensor, v: Tensor, { heads }: { heads: number }): Tensor {
  return apply(definition, [q, k, v], { heads })[0];
}
