import { buildDispatches, buildSubmits } from '../build/overhead.ts';
import type { BenchProgram } from './program.ts';

export const overhead: BenchProgram[] = [
  {
    name: 'dispatches',
    about: '1000 dispatches of 4 numbers in one submit',
    build: (device) => buildDispatches(device, 1000),
  },
  {
    name: 'submits',
    about: '100 submits of one dispatch of 4 numbers',
    build: (device) => buildSubmits(device, 100),
  },
];
