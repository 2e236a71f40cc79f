import { index, normal, type OpCase } from '../../engine/case.ts';
import { sliceReference } from './slice.reference.ts';
import { slice } from './slice.ts';

const sliceCase = (shape: number[], axis: number, start: number, size: number): OpCase => ({
  name: `${size} from ${start} along axis ${axis} of [${shape}]`,
  inputs: [normal(shape)],
  op: (x) => slice(x, axis, start, size),
  reference: (x) => sliceReference(x, axis, start, size),
});

export const cases = [
  sliceCase([1], 0, 0, 1),
  sliceCase([7], 0, 2, 3),
  sliceCase([3, 12], 1, 4, 8),
  sliceCase([3, 13], 1, 12, 1),
  sliceCase([4, 5, 8], 1, 1, 3),
  sliceCase([2, 3, 5, 2], 2, 3, 2),
  sliceCase([130, 4], 0, 65, 65),
  sliceCase([3, 512], 1, 128, 256),
  { ...sliceCase([5, 4], 0, 1, 2), name: 'u32', inputs: [index([5, 4], 2 ** 31)] },
];
export const benchmarks = [sliceCase([32, 1280], 1, 640, 640), sliceCase([32, 77, 512], 1, 0, 20)];
