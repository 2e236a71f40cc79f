import { buildStage1, buildStage2, combiners } from '../build/training.ts';
import type { BenchProgram } from './program.ts';

export const trainingSteps: BenchProgram[] = [
  {
    name: 'stage1-embedded',
    about: 'a step of stage 1, text tuning, the embedded model, batch 128',
    build: (device) => buildStage1(device, 'embedded', { batch: 128 }),
  },
  {
    name: 'stage1-vit-b32',
    about: "a step of stage 1, text tuning, ViT-B/32, batch 32, captions of FashionIQ's lengths",
    maxRounds: 5,
    build: (device) => buildStage1(device, 'ViT-B/32', { batch: 32 }),
  },
  {
    name: 'stage1-vit-b32-amp',
    about: 'the same step in mixed precision',
    maxRounds: 5,
    build: (device) => buildStage1(device, 'ViT-B/32', { batch: 32, mixed: true }),
  },
  {
    name: 'stage2-embedded',
    about: 'a step of stage 2, the Combiner of the embedded model, batch 256',
    build: (device) => buildStage2(device, combiners.embedded, { batch: 256 }),
  },
  {
    name: 'stage2-rn50x4',
    about: 'a step of stage 2, the Combiner of RN50x4 (640, 2560, 5120), batch 256',
    maxRounds: 5,
    build: (device) => buildStage2(device, combiners.RN50x4, { batch: 256 }),
  },
  {
    name: 'stage2-rn50x4-amp',
    about: 'the same step in mixed precision',
    maxRounds: 5,
    build: (device) => buildStage2(device, combiners.RN50x4, { batch: 256, mixed: true }),
  },
];
