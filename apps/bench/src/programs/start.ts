import { firstStep } from '../measure/first-step.ts';
import type { BenchProgram } from './program.ts';

const start = (name: string, cache: 'cold' | 'warm'): BenchProgram => ({
  name,
  about:
    'a process of its own: device, weights, all pipelines and the first step of stage 1, embedded model, ' +
    (cache === 'cold' ? 'empty shader cache' : 'shaders cached'),
  maxRounds: 3,
  build: async () => ({
    async run(times) {
      for (let i = 0; i < times; i++) await firstStep(cache);
    },
    dispose() {},
  }),
});

export const starts = [start('start-cold', 'cold'), start('start-warm', 'warm')];
