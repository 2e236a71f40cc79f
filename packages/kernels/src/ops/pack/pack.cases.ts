import { fixed, type OpCase } from '../../engine/case.ts';
import type { Tensor } from '../../graph.ts';
import { add } from '../binary/binary.ts';
import { reshape } from '../reshape/reshape.ts';
import { slice } from '../slice/slice.ts';
import { packReference } from './pack.reference.ts';
import { pack } from './pack.ts';

const doubled = (x: Tensor): Tensor => add(x, x);

/**
 * Packs what `make` makes of the inputs and takes the parts out again, so that the gaps are not compared.
 * @param parts for every tensor made: which input it is a multiple of, and the factor
 */
const packCase = (
  name: string,
  shapes: number[][],
  make: (...inputs: Tensor[]) => Tensor[],
  parts: { input: number; factor: number }[],
): OpCase => {
  const sizes = parts.map(({ input }) => shapes[input].reduce((product, size) => product * size, 1));
  const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((total, size) => total + Math.ceil(size / 64) * 64, 0));
  const length = offsets[parts.length - 1] + sizes[parts.length - 1];
  return {
    name,
    inputs: shapes.map((shape) => fixed(shape)),
    op: (...inputs) => {
      const packed = pack(make(...inputs), offsets, length);
      return offsets.map((offset, i) => slice(packed, 0, offset, sizes[i]));
    },
    reference: (...arrays) => {
      const made = parts.map(({ input, factor }) => ({
        shape: arrays[input].shape,
        data: arrays[input].data.map((value) => factor * value),
      }));
      const packed = packReference(made, offsets, length);
      return offsets.map((offset, i) => ({ shape: [sizes[i]], data: packed.data.slice(offset, offset + sizes[i]) }));
    },
  };
};

const [same, twice] = [1, 2].map((factor) => (input: number) => ({ input, factor }));

export const cases = [
  packCase('computed', [[64, 2], [64]], (a, b) => [doubled(a), doubled(b)], [twice(0), twice(1)]),
  packCase('with gaps', [[3, 5], [1], [65]], (...all) => all.map(doubled), [twice(0), twice(1), twice(2)]),
  packCase('reshaped', [[6, 3]], (x) => [reshape(reshape(doubled(x), [3, 6]), [18])], [twice(0)]),
  packCase('inputs of the program', [[7], [64]], (a, b) => [b, reshape(a, [7, 1])], [same(1), same(0)]),
  packCase(
    'one tensor twice',
    [[5, 13]],
    (x) => {
      const shared = doubled(x);
      return [shared, shared, doubled(x)];
    },
    [twice(0), twice(0), twice(0)],
  ),
];
export const benchmarks = [];
