import { normal, type OpCase } from '../../engine/case.ts';
import type { Tensor } from '../../graph.ts';
import { binaryReference } from './binary.reference.ts';
import { add, divide, multiply, subtract } from './binary.ts';

const operations: Record<string, [op: (a: Tensor, b: Tensor) => Tensor, compute: (a: number, b: number) => number]> = {
  add: [add, (a, b) => a + b],
  subtract: [subtract, (a, b) => a - b],
  multiply: [multiply, (a, b) => a * b],
  divide: [divide, (a, b) => a / b],
};

const binaryCase = (name: string, a: number[], b: number[], stretch = 1): OpCase => {
  const [op, compute] = operations[name];
  return {
    name: `${name} [${a}] and [${b}]`,
    inputs: [normal(a), normal(b, name === 'divide' ? { mean: 5, scale: 0.5 } : {})],
    op,
    reference: (x, y) => binaryReference(x, y, compute, stretch),
  };
};

export const cases = Object.keys(operations).flatMap((name) => [
  binaryCase(name, [3, 7], [3, 7]),
  binaryCase(name, [2, 3, 8], [8]),
  binaryCase(name, [4, 3, 5], [3, 5]),
  binaryCase(name, [1, 3, 5], [3, 5]),
  binaryCase(name, [6, 5], [6, 1], 5),
  binaryCase(name, [3, 3], [1]),
  binaryCase(name, [1, 3, 4], [3, 4]),
]);
export const benchmarks = [binaryCase('add', [2464, 512], [2464, 512]), binaryCase('add', [32, 77, 512], [77, 512])];
