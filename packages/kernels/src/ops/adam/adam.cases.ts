import { fixed, type OpCase, values } from '../../engine/case.ts';
import { adamReference } from './adam.reference.ts';
import { adam } from './adam.ts';

const adamCase = (count: number, hyper: number[], constants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }): OpCase => ({
  name: `[${count}] with learning rate ${hyper[0]}, weight decay ${hyper[1]}`,
  inputs: [
    fixed([count]),
    fixed([count], { seed: 2, map: (value) => 0.01 * value }),
    fixed([count], { seed: 3, map: (value) => 1e-4 * Math.abs(value) }),
    fixed([count], { seed: 4, map: (value) => 0.01 * value }),
    values([6], [...hyper, 1, 1], false),
  ],
  op: (parameters, m, v, gradients, steps) =>
    Object.values(adam({ parameters, m, v, gradients, hyper: steps }, constants)),
  reference: (...arrays) => adamReference(arrays, constants),
  tolerance: 1e-6,
});

const correction = (step: number) => [1 - 0.9 ** step, 1 - 0.999 ** step];

/** A step in mixed precision: the gradients are multiplied by a loss scale. */
const scaledCase = (overflow: number): OpCase => {
  const plain = adamCase(1000, [2e-5, 0.01, ...correction(500)]);
  const hyper = [2e-5, 0.01, ...correction(500), 1 / 1024, 1024];
  return {
    ...plain,
    name: `with a loss scale, ${overflow} overflows`,
    inputs: [
      ...plain.inputs.slice(0, 3),
      fixed([1000], { seed: 4, map: (value) => 10 * value }),
      values([6], hyper, false),
      values([1], [overflow], false),
    ],
    op: (parameters, m, v, gradients, steps, found) =>
      Object.values(adam({ parameters, m, v, gradients, hyper: steps, overflow: found })),
  };
};

export const cases = [
  adamCase(1, [0.1, 0, ...correction(1)]),
  adamCase(7, [0.05, 0.2, ...correction(1)]),
  adamCase(1000, [2e-5, 0.01, ...correction(500)]),
  adamCase(130, [0.3, 0.1, 0.5, 0.75], { beta1: 0.8, beta2: 0.98, epsilon: 1e-3 }),
  scaledCase(0),
  scaledCase(3),
];
export const benchmarks = [adamCase(2 ** 20, [2e-5, 0.01, ...correction(10)])];
