import { normal, type OpCase, values } from '../../engine/case.ts';
import type { Tensor } from '../../graph.ts';
import type { ActivationKind } from './activation.backward.ts';
import { activationReference } from './activation.reference.ts';
import { gelu, geluTanh, quickGelu, relu, sigmoid } from './activation.ts';

const operations: Record<ActivationKind, (x: Tensor) => Tensor> = {
  relu,
  sigmoid,
  quickgelu: quickGelu,
  gelu,
  gelu_tanh: geluTanh,
};
const kinds = Object.keys(operations) as ActivationKind[];

const activationCase = (kind: ActivationKind, shape: number[], scale = 1): OpCase => ({
  name: `${kind} [${shape}]`,
  inputs: [normal(shape, { scale })],
  op: operations[kind],
  reference: (x) => activationReference(x, kind),
});

/** Compared relative to the largest value, so the far ends are cases of their own. */
const atCase = (kind: ActivationKind, name: string, points: number[], tolerance: number): OpCase => ({
  ...activationCase(kind, [points.length]),
  name: `${kind} ${name}`,
  inputs: [values([points.length], points.map(Math.fround), false)],
  tolerance,
});

const steps = (from: number, to: number) => Array.from({ length: 65 }, (_, i) => from + ((to - from) * i) / 64);

export const cases = kinds.flatMap((kind) => [
  activationCase(kind, [1]),
  activationCase(kind, [3, 7], 3),
  activationCase(kind, [2, 3, 512]),
  atCase(kind, 'around zero', steps(-1, 1), 3e-7),
  atCase(kind, 'far below zero', [-1e30, -200, -90, -40, -14, 0], 1e-6),
  atCase(kind, 'far above zero', [1e30, 200, 90, 40, 14, 0], 1e-6),
]);
export const benchmarks = kinds.map((kind) => activationCase(kind, [2464, 2048]));
