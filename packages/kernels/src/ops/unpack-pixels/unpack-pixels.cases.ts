import { fixed, index, type OpCase } from '../../engine/case.ts';
import { constant } from '../../graph.ts';
import { unpackPixelsReference } from './unpack-pixels.reference.ts';
import { unpackPixels } from './unpack-pixels.ts';

/** @param least a pixel with the least alpha, if colours are multiplied by it */
const unpackCase = (shape: number[], least?: number): OpCase => ({
  name: `[${shape}]${least === undefined ? '' : `, the least alpha ${least >>> 24}`}`,
  inputs: [index(shape, 2 ** 32), fixed([3, 256])],
  op: (pixels, table) =>
    unpackPixels(pixels, table, least === undefined ? undefined : constant(Uint32Array.of(least), [1])),
  reference: (pixels, table) =>
    unpackPixelsReference(
      pixels,
      table,
      least === undefined ? undefined : { shape: [1], data: Float64Array.of(least) },
    ),
  tolerance: 1e-12, // nothing is computed
  flops: shape.reduce((product, size) => product * size, 3),
});

export const cases = [
  unpackCase([1]),
  unpackCase([7, 9]),
  unpackCase([7, 9], 0xff00_0000),
  unpackCase([131, 127], 0xfeff_ffff),
  unpackCase([65, 3], 0),
];
export const benchmarks = [unpackCase([224, 224]), unpackCase([224, 224], 0)];
