import { buildTextEncoder } from '../build/encoders.ts';
import type { BenchProgram } from './program.ts';

const sizes = "ViT-B/32's text encoder (512 wide, 12 layers), 32 captions of FashionIQ's lengths";

export const textEncoder: BenchProgram[] = [
  {
    name: 'text-forward',
    about: `${sizes}, forward`,
    build: (device) => buildTextEncoder(device, 'ViT-B/32', { batch: 32, backward: false }),
  },
  {
    name: 'text-training',
    about: `${sizes}, forward and backward`,
    maxRounds: 5,
    build: (device) => buildTextEncoder(device, 'ViT-B/32', { batch: 32, backward: true }),
  },
];
