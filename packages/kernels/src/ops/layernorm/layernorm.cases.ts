import { normal, type OpCase } from '../../engine/case.ts';
import { constant } from '../../graph.ts';
import { cast } from '../cast/cast.ts';
import { matmul } from '../matmul/matmul.ts';
import { layernormReference } from './layernorm.reference.ts';
import { layernorm } from './layernorm.ts';

const layernormCase = (...shape: number[]): OpCase => {
  const width = shape[shape.length - 1];
  return {
    name: `[${shape}]`,
    inputs: [normal(shape), normal([width]), normal([width])],
    op: (x, weight, bias) => layernorm(x, weight, bias),
    reference: (x, weight, bias) => layernormReference(x, weight, bias),
    flops: 8 * shape.reduce((product, size) => product * size, 1),
  };
};

/** y in half precision, and its gradient too: that is what a product of halves, here with the identity, gives back. */
const halfCase = (...shape: number[]): OpCase => {
  const width = shape[shape.length - 1];
  return {
    ...layernormCase(...shape),
    name: `[${shape}] to halves`,
    op(x, weight, bias) {
      const identity = Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0));
      const y = layernorm(x, weight, bias, { precision: 'f16' });
      return cast(matmul(y, cast(constant(identity, [width, width]), 'f16')), 'f32');
    },
    tolerance: 2 ** -10,
  };
};

/** Epsilons that the result shows: one that is given, and the usual one on values not much larger. */
const epsilonCase = (shape: [number, number], scale: number, epsilon?: number): OpCase => ({
  ...layernormCase(...shape),
  name: `[${shape}] epsilon ${epsilon ?? 'unless given'}`,
  inputs: [normal(shape, { scale }), normal([shape[1]]), normal([shape[1]])],
  op: (x, weight, bias) => layernorm(x, weight, bias, { epsilon }),
  reference: (x, weight, bias) => layernormReference(x, weight, bias, epsilon),
});

export const cases = [
  layernormCase(1, 4),
  layernormCase(3, 5, 12),
  layernormCase(130, 64),
  layernormCase(11, 516),
  layernormCase(17, 68), // one vec4 more than four threads keep of a row
  layernormCase(5, 260),
  layernormCase(3, 1300), // more than 64 threads keep
  epsilonCase([7, 36], 1, 0.5),
  epsilonCase([7, 36], 1e-2),
  halfCase(9, 12),
  halfCase(9, 260),
  {
    ...layernormCase(5, 8),
    name: 'a large mean',
    inputs: [normal([5, 8], { mean: 1000 }), normal([8]), normal([8])],
    tolerance: 2e-3,
  },
];

export const benchmarks = [layernormCase(2464, 512), layernormCase(32 * 50, 768), layernormCase(128 * 12, 128)];
