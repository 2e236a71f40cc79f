import type { Capabilities } from '../../engine/capabilities.ts';
import { dispatch, type Grid, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { type DType, elements, type Tensor } from '../../graph.ts';
import { cast, precisionOf } from '../cast/cast.ts';
import { attentionBackwardDeltaKernel } from './attention.backward.delta.wgsl.ts';
import { attentionBackwardKeyTiledKernel } from './attention.backward.key.tiled.wgsl.ts';
import { attentionBackwardKeyKernel } from './attention.backward.key.wgsl.ts';
import { attentionBackwardQueryTiledKernel } from './attention.backward.query.tiled.wgsl.ts';
import { attentionBackwardQueryKernel } from './attention.backward.query.wgsl.ts';
import { attentionBackwardSubgroupKernel } from './attention.backward.subgroup.wgsl.ts';
import { attentionSubgroupKernel } from './attention.subgroup.wgsl.ts';
import { attentionTiledKernel } from './attention.tiled.wgsl.ts';
import { attentionKernel } from './attention.wgsl.ts';

/** How tokens see each other. */
export interface AttentionOptions {
  /** Heads that share the width evenly. */
  readonly heads: number;
  /** Whether a token sees only itself and those before it. */
  readonly causal: boolean;
}

/** Columns of a head that the tiled kernels hold in registers. */
const maxTiledHeadSize = 128;

type Variant = 'subgroup' | 'plain' | 'tiled';

function layout(qkv: Tensor, { heads, causal }: AttentionOptions, variant: Variant) {
  const [batch, tokens, width3] = qkv.shape;
  const width = width3 / 3;
  const headSize = width / heads;
  const sequences = batch * heads;
  const params = {
    tokens,
    heads,
    sequences,
    width4: width / 4,
    headSize4: headSize / 4,
    causal: causal ? 1 : 0,
    saveLogSum: 0,
    scale: 1 / Math.sqrt(headSize),
  };
  const kernel = kernelFor(variant, headSize, qkv.dtype);
  const constants = { columnTiles: headSize > 64 ? 4 : 2 }; // two pipelines for all sizes of a head
  const grid = grids[kernel](tokens, headSize, sequences);
  const perHead = linearGrid(Math.ceil(headSize / 64) * sequences, 1);
  return { params, kernel, grid, perHead, constants };
}

/**
 * Heads too wide for the tiled kernels take the plain ones. These keep running sums in their results, which halves
 * would round at every step, so that they are for floats only.
 */
function kernelFor(variant: Variant, headSize: number, dtype: DType): Variant {
  if (dtype === 'f16' && variant === 'plain') return 'tiled';
  return variant === 'tiled' && headSize > maxTiledHeadSize ? 'plain' : variant;
}

const grids: Readonly<Record<Variant, (tokens: number, headSize: number, sequences: number) => Grid>> = {
  subgroup: (tokens, headSize, sequences) =>
    linearGrid(Math.ceil(tokens / 16) * Math.ceil(headSize / 64) * sequences, 1),
  plain: (tokens, _, sequences) => linearGrid(Math.ceil(tokens / 4) * sequences, 64),
  tiled: (tokens, _, sequences) => linearGrid(Math.ceil(tokens / 32) * sequences, 1),
};

// On a CPU loads are dear and barriers dearer, on a GPU memory is far and workgroup memory near.
const variants = {
  subgroup: ({ software, subgroupSize }: Capabilities) => software && subgroupSize === 8,
  plain: ({ software }: Capabilities) => software && 'untimed',
  tiled: ({ software }: Capabilities) => (software ? 'untimed' : true),
};

const definition: OpDefinition<AttentionOptions> = {
  name: 'attention',
  takesHalf: true,
  outputs([qkv], attributes) {
    const { heads } = attributes;
    const { shape, dtype } = qkv;
    const fits =
      dtype !== 'u32' && shape.length === 3 && Number.isInteger(heads) && heads > 0 && shape[2] % (12 * heads) === 0;
    expectShapes(
      fits && (dtype === 'f32' || shape[2] / 3 / heads <= maxTiledHeadSize),
      'attention',
      `qkv [batch, tokens, 3 * ${heads} heads * head size] of f32 or f16, head size a multiple of 4, ` +
        `and at most ${maxTiledHeadSize} in f16`,
      [qkv],
    );
    const [batch, tokens, width3] = shape;
    return [
      { shape: [batch, tokens, width3 / 3], dtype },
      { shape: [batch, heads, tokens], dtype: 'f32' },
    ];
  },
  variants,
  launch({ inputs: [qkv], outputs: [y, logSum], attributes, variant, used }) {
    const { params, kernel, grid, constants } = layout(qkv, attributes, variant as Variant);
    const bindings = { qkv, y, logSum };
    const all = { ...params, saveLogSum: used(logSum) ? 1 : 0 };
    if (kernel === 'plain') return [dispatch(attentionKernel, bindings, all, grid)];
    if (kernel === 'subgroup') return [dispatch(attentionSubgroupKernel, bindings, all, grid)];
    return [dispatch(attentionTiledKernel, bindings, all, grid, constants)];
  },
};

export const attentionGradient: Gradient<AttentionOptions> = {
  of: definition,
  vjp({ inputs: [qkv], outputs: [y, logSum], attributes }, [dy]) {
    return dy ? apply(backward, [qkv, y, logSum, cast(dy, precisionOf(y))], attributes) : [];
  },
};

const backward: OpDefinition<AttentionOptions> = {
  name: 'attention.backward',
  takesHalf: true,
  outputs: ([qkv]) => [qkv],
  variants,
  launch({ inputs: [qkv, y, logSum, dy], outputs: [dqkv], attributes, variant, scratch }) {
    const { params, kernel, grid, perHead, constants } = layout(qkv, attributes, variant as Variant);
    const delta = scratch(logSum.shape);
    if (kernel === 'subgroup') {
      const bindings = { qkv, dy, logSum, delta, dq: scratch(y.shape), dqkv };
      const rows = linearGrid(elements(logSum.shape), 64);
      return [
        dispatch(attentionBackwardDeltaKernel, { y, dy, delta }, params, rows),
        dispatch(attentionBackwardSubgroupKernel, bindings, params, perHead),
      ];
    }
    const forQuery = { qkv, y, dy, logSum, delta, dqkv };
    const forKey = { qkv, dy, logSum, delta, dqkv };
    if (kernel === 'plain') {
      return [
        dispatch(attentionBackwardQueryKernel, forQuery, params, grid),
        dispatch(attentionBackwardKeyKernel, forKey, params, grid),
      ];
    }
    return [
      dispatch(attentionBackwardQueryTiledKernel, forQuery, params, grid, constants),
      dispatch(attentionBackwardKeyTiledKernel, forKey, params, grid, constants),
    ];
  },
  noGradient: firstOrderOnly,
};

/**
 * Multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762): per head softmax(q kT / sqrt(head size)) v, in
 * memory linear in the number of tokens, forward and backward.
 * @param qkv [batch, tokens, 3 * width] as CLIP's `in_proj` makes it: all of q, then all of k, then all of v; head h
 *   owns the columns from h * head size within each; in half precision, sums and exponentials are still in single
 * @param options the head size, width / heads, must be a multiple of 4, and at most 128 in half precision
 * @returns [batch, tokens, width] in the precision of qkv
 * @throws ShapeError
 */
export function attention(qkv: Tensor, { heads, causal = false }: { heads: number; causal?: boolean }): Tensor {
  return apply(definition, [qkv], { heads, causal })[0];
}
