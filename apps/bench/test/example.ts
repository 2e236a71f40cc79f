// Made-up results, for tests of the reports.
import { timingOf } from '../src/measure/stats.ts';
import { judge } from '../src/ops/table.ts';
import type { CaseTiming } from '../src/ops/time-case.ts';
import type { Results } from '../src/report/results.ts';

const around = (milliseconds: number) => timingOf([0.98, 0.99, 1, 1, 1, 1.01, 1.02].map((x) => x * milliseconds));

const timing = (variant: string, milliseconds: number): CaseTiming => ({
  op: 'matmul',
  case: 'NN [512, 512] <b>',
  pass: 'forward',
  variant,
  device: around(milliseconds),
  wall: around(1.1 * milliseconds),
  flops: 2 * 512 ** 3,
  bytes: 3 * 4 * 512 ** 2,
});

const ceilings = { gflops: 100, gbps: 20 };

/** @param factor how many times as slow the default variant of the op is */
export const example = (factor = 1): Results => ({
  version: 1,
  when: '2026-01-02T03:04:05.678Z',
  command: 'pnpm bench',
  machine: {
    adapter: 'a <card>',
    vendor: 'mesa',
    architecture: '',
    driver: 'a driver',
    platform: 'linux x64',
    processor: 'a processor',
    cores: 2,
    memoryGiB: 24,
    node: 'v20',
  },
  ceilings,
  ops: judge([timing('default', 10 * factor), timing('plain', 20)], ceilings),
  programs: [
    { name: 'stage2-embedded', about: 'a step', wall: around(50), device: around(45), dispatches: 73, memory: 17e6 },
    { name: 'text-forward', about: 'captions', wall: around(800), flops: 4e10, ofCeiling: 0.5 },
  ],
  races: [
    {
      name: 'softmax',
      ours: around(4),
      peers: { tfjs: { time: around(40), ratio: around(10) }, usearch: { notRun: 'it does not do softmax here' } },
    },
  ],
  goals: [{ work: 'softmax', goal: '≥ 8× tfjs', measured: '10.0×', verdict: 'met', note: '9.8 to 10.2' }],
});
