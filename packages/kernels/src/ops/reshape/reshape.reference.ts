import type { NdArray } from '../../engine/case.ts';

export const reshapeReference = (x: NdArray, shape: readonly number[]): NdArray => ({ shape, data: x.data });
