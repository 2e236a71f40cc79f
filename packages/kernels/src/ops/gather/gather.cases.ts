import { type CaseInput, fixed, index, int8, normal, type OpCase } from '../../engine/case.ts';
import { dequantizeReference } from '../dequantize/dequantize.reference.ts';
import { dequantize } from '../dequantize/dequantize.ts';
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

/** Of a table in int8, with a scale a row. */
const int8Case = (
  shape: number[],
  positions: number[],
  indices = index(positions, shape[0]),
  firstRow = 0,
): OpCase => ({
  name: `[${positions}] of [${shape}] in int8`,
  inputs: [int8(shape), fixed([shape[0]]), indices],
  op: (x, scale, rows) => gather(dequantize(x, scale), rows, { firstRow }),
  reference: (x, scale, rows) => gatherReference(dequantizeReference(x, scale), rows, firstRow),
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
  int8Case([300, 16], [4, 5]),
  int8Case([9, 2, 6], [7]),
  int8Case([5, 6], [3]),
  { ...int8Case([4, 8], [40], index([40], 10), 3), name: 'some rows of a larger table in int8' },
  { ...gatherCase([9, 4], [3]), name: 'u32 rows', inputs: [index([9, 4], 2 ** 31), index([3], 9)] },
];

export const benchmarks = [
  gatherCase([300, 128], [4096], index([4096], 110)),
  gatherCase([49408, 512], [32, 20]),
  gatherCase([2464, 512], [32]),
];
