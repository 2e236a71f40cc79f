import { type CaseInput, index, normal, type OpCase } from '../../engine/case.ts';
import { gatherReference } from './gather.reference.ts';
import { gather } from './gather.ts';

const gatherCase = (
  shape: number[],
  positions: number[],
  indices: CaseInput = index(positions, shape[0]),
  firstRow = 0,
): OpCase => ({
  name: `[${positions}] of [${shape}]`,
  inputs: [normal(shape), indices],
  op: (x, rows) => gather(x, rows, { firstRow }),
  reference: (x, rows) => gatherReference(x, rows, firstRow),
});

export const cases = [
  gatherCase([1, 4], [1]),
  gatherCase([7], [5]),
  gatherCase([6, 3], [9]),
  gatherCase([5, 2, 6], [3, 7]),
  gatherCase([300, 8], [130]),
  gatherCase([3, 16], [2, 101]),
  gatherCase([9, 512], [33]),
  { ...gatherCase([4, 8], [6], index([6], 9)), name: 'indices past the last row' },
  { ...gatherCase([4, 8], [40], index([40], 10), 3), name: 'some rows of a larger table' },
  { ...gatherCase([4, 3], [40], index([40], 10), 3), name: 'some rows of a larger table, of an odd width' },
  { ...gatherCase([4, 5], [1, 3], index([1, 3], 1)), name: 'one row for all' },
  { ...gatherCase([9, 4], [3]), name: 'u32 rows', inputs: [index([9, 4], 2 ** 31), index([3], 9)] },
];

export const benchmarks = [
  gatherCase([300, 128], [4096], index([4096], 110)),
  gatherCase([49408, 512], [32, 20]),
  gatherCase([2464, 512], [32]),
];
