import { normal, type OpCase } from '../../engine/case.ts';
import { broadcastReference } from './broadcast.reference.ts';
import { broadcast } from './broadcast.ts';

const broadcastCase = (from: number[], to: number[]): OpCase => ({
  name: `[${from}] to [${to}]`,
  inputs: [normal(from)],
  op: (x) => broadcast(x, to),
  reference: (x) => broadcastReference(x, to),
});

export const cases = [broadcastCase([1], [9]), broadcastCase([3, 5], [2, 4, 3, 5]), broadcastCase([7], [7])];
export const benchmarks = [broadcastCase([512], [2464, 512])];
