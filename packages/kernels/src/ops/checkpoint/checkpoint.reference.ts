import type { NdArray } from '../../engine/case.ts';

export const checkpointReference = (x: NdArray): NdArray => x;
