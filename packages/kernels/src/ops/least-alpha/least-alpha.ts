import { dispatch } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { leastAlphaKernel } from './least-alpha.wgsl.ts';

/** Workgroups that share an image; what they find is the work of one more. */
const maxGroups = 256;

const definition: OpDefinition<object> = {
  name: 'leastAlpha',
  outputs(inputs) {
    expectShapes(inputs[0].dtype === 'u32', 'leastAlpha', 'pixels of u32', inputs);
    return [{ shape: [1], dtype: 'u32' }];
  },
  launch({ inputs: [x], outputs: [least], scratch }) {
    const count = elements(x.shape);
    const groups = Math.min(maxGroups, Math.ceil(count / leastAlphaKernel.workgroupSize[0]));
    const part = scratch([groups], 'u32');
    return [
      dispatch(leastAlphaKernel, { x, part }, { count, groups }, [groups]),
      dispatch(leastAlphaKernel, { x: part, part: least }, { count: groups, groups: 1 }, [1]),
    ];
  },
  noGradient: 'pixels are whole numbers',
};

/**
 * Tells whether an image is opaque: finds a pixel with the least alpha.
 * @param pixels u32, any shape, alpha in the highest byte
 * @returns u32 [1], the least of the words
 * @throws ShapeError
 */
export const leastAlpha = (pixels: Tensor): Tensor => apply(definition, [pixels], {})[0];
