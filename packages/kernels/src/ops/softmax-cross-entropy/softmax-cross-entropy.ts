import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { preferredOnGpus, sharedRows } from '../sum/reduce.ts';
import { lanesFor } from './lanes.ts';
import { softmaxCrossEntropyBackwardKernel } from './softmax-cross-entropy.backward.wgsl.ts';
import { softmaxCrossEntropyPartsKernel } from './softmax-cross-entropy.parts.wgsl.ts';
import { softmaxCrossEntropyKernel } from './softmax-cross-entropy.wgsl.ts';
import { softmaxCrossEntropyWorkgroupKernel } from './softmax-cross-entropy.workgroup.wgsl.ts';

const sizes = ({ shape: [rows, classes] }: Tensor) => ({ rows, classes, lanes: lanesFor(rows, classes) });

const definition: OpDefinition<object> = {
  name: 'softmaxCrossEntropy',
  outputs(inputs) {
    const [logits, labels] = inputs;
    const isMatrix = logits.dtype === 'f32' && logits.shape.length === 2;
    const fits = isMatrix && labels.dtype === 'u32' && labels.shape.length === 1 && labels.shape[0] === logits.shape[0];
    expectShapes(fits, 'softmaxCrossEntropy', 'logits f32[rows, classes], labels u32[rows]', inputs);
    const [rows] = logits.shape;
    return [
      { shape: [rows], dtype: 'f32' },
      { shape: [rows, 2], dtype: 'f32' },
    ];
  },
  variants: {
    plain: () => true,
    workgroup: preferredOnGpus,
  },
  launch({ inputs: [logits, labels], outputs: [losses, logSumExp], variant, scratch }) {
    const params = sizes(logits);
    const { rows, classes, lanes } = params;
    // Few and long rows, which want more threads than a workgroup has, are plain.
    if (variant === 'workgroup' && lanes <= 64) {
      const { fan, grid } = sharedRows(rows, classes, 8);
      return [
        dispatch(
          softmaxCrossEntropyWorkgroupKernel,
          { logits, labels, losses, logSumExp },
          { rows, classes, fan },
          grid,
        ),
      ];
    }
    const parts = scratch([rows, lanes, 2]);
    return [
      dispatch(softmaxCrossEntropyPartsKernel, { logits, parts }, params, linearGrid(rows * lanes, 64)),
      dispatch(softmaxCrossEntropyKernel, { logits, labels, parts, losses, logSumExp }, params, linearGrid(rows, 64)),
    ];
  },
};

export const softmaxCrossEntropyGradient: Gradient<object> = {
  of: definition,
  vjp({ inputs: [logits, labels], outputs: [, logSumExp] }, [dLosses]) {
    return dLosses ? [apply(backward, [logits, labels, logSumExp, dLosses], {})[0]] : [];
  },
};

const backward: OpDefinition<object> = {
  name: 'softmaxCrossEntropy.backward',
  outputs: ([logits]) => [logits],
  launch({ inputs: [logits, labels, logSumExp, dLosses], outputs: [dLogits] }) {
    const params = sizes(logits);
    const bindings = { logits, labels, logSumExp, dLosses, dLogits };
    return [dispatch(softmaxCrossEntropyBackwardKernel, bindings, params, linearGrid(params.rows * params.lanes, 64))];
  },
  noGradient: firstOrderOnly,
};

/**
 * Cross entropy of softmax(logits) against one right class per row: log(sum(exp(row))) - row[label], stable for any
 * logits.
 * @param logits [rows, classes]
 * @param labels u32 [rows], each below `classes`; a row with a larger label has the loss NaN
 * @returns [rows], one loss per row
 * @throws ShapeError
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return apply(definition, [logits, labels], {})[0];
}
