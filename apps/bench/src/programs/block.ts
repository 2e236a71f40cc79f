import { buildBlock } from '../build/block.ts';
import type { BenchProgram } from './program.ts';

/** The block that the goals are about. */
export const blockSizes = { batch: 8, tokens: 77, width: 512, heads: 8 } as const;
const about = 'a transformer block (512 wide, 8 heads, 77 tokens, batch 8)';

export const block: BenchProgram[] = [
  {
    name: 'block-forward',
    about: `${about}, forward`,
    build: (device) => buildBlock(device, { ...blockSizes, backward: false }),
  },
  {
    name: 'block-training',
    about: `${about}, forward and backward`,
    build: (device) => buildBlock(device, { ...blockSizes, backward: true }),
  },
];
