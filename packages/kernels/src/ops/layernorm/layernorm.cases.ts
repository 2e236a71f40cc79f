import { normal, type OpCase } from '../../engine/case.ts';
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

export const cases = [
  layernormCase(1, 4),
  layernormCase(3, 5, 12),
  layernormCase(130, 64),
  layernormCase(11, 516),
  {
    ...layernormCase(5, 8),
    name: 'a large mean',
    inputs: [normal([5, 8], { mean: 1000 }), normal([8]), normal([8])],
    tolerance: 2e-3,
  },
];

export const benchmarks = [layernormCase(2464, 512), layernormCase(32 * 50, 768), layernormCase(128 * 12, 128)];
