import { against, againstWebgpu, type Context } from './context.ts';
import { composedTogether } from './measures/compose.ts';
import { dispatchCost, submitsPerStep } from './measures/dispatch.ts';
import { stage1Epoch, stage2Epoch } from './measures/epochs.ts';
import { flatBytes, flatOpens, flatQuery } from './measures/flat.ts';
import { halfMatmul } from './measures/half.ts';
import { attentionMemory } from './measures/memory.ts';
import { cardPeak, onNvidia, shareOf } from './measures/nvidia.ts';
import { manyQueries, oneQuery } from './measures/search.ts';
import { coldStart } from './measures/start.ts';
import { waiting } from './measures/waiting.ts';
import type { Measured } from './verdict.ts';

/** A goal: the number that it asks for is read out of its words (`parseGoal`). */
export interface Goal {
  readonly work: string;
  readonly goal: string;
  measure(context: Context): Promise<Measured>;
}

const matmul = ([rows, inner, columns]: readonly [number, number, number]): Goal[] => {
  const shape = `[${rows}, ${inner}] [${inner}, ${columns}]`;
  return [
    ...['NN', 'NT', 'TN'].flatMap((layout): Goal[] => {
      const work = `matmul ${layout} ${shape}`;
      return [
        { work, goal: '≥ 5× the best WebGPU peer', measure: againstWebgpu(work) },
        { work, goal: '≥ 0.2× PyTorch', measure: against('PyTorch', work) },
      ];
    }),
    { work: `matmul F16-packed ${shape}`, goal: '≥ 1.3× our F32', measure: halfMatmul(rows, inner, columns) },
  ];
};

const attention = (pass: string): Goal => {
  const work = `attention [256 heads, 77, 64] ${pass}`;
  return { work, goal: "≥ 6× tfjs's composed path", measure: against('tfjs', work) };
};

const block = 'block forward + backward';

/** Everything that webcir is to reach: first on two cores without a GPU, then what takes an NVIDIA card. */
export const goals: readonly Goal[] = [
  ...(
    [
      [512, 512, 512],
      [1024, 1024, 1024],
      [2464, 512, 2048],
    ] as const
  ).flatMap(matmul),
  ...['layernorm [2464, 512]', 'softmax [19712, 77]'].map((work) => ({
    work,
    goal: '≥ 8× the best WebGPU peer',
    measure: againstWebgpu(work),
  })),
  attention('forward'),
  attention('forward + backward'),
  {
    work: 'attention, memory',
    goal: '≤ 1.1× as much for each token, with 4 times the tokens',
    measure: attentionMemory,
  },
  { work: block, goal: '≥ 5× tfjs', measure: against('tfjs', block) },
  { work: block, goal: '≥ 4× jax-js WebGPU', measure: against('jax-js', block) },
  { work: block, goal: '≥ 0.4× PyTorch', measure: against('PyTorch', block) },
  {
    work: 'stage 1 step, ViT-B/32, batch 32',
    goal: '≥ 1× PyTorch at 77 positions',
    measure: against('PyTorch', 'stage 1, ViT-B/32, batch 32'),
  },
  { work: 'stage 1 epoch, RN50x4', goal: "≥ 10× less time than CLIP4Cir's procedure", measure: stage1Epoch },
  { work: 'stage 2 epoch, RN50x4', goal: "≥ 100× less time than CLIP4Cir's procedure", measure: stage2Epoch },
  {
    work: 'stage 1 step, embedded, batch 128',
    goal: '≥ 1× the original in PyTorch',
    measure: against('PyTorch', 'stage 1, embedded model, batch 128'),
  },
  {
    work: 'stage 2 step, embedded, batch 256',
    goal: '≥ 3× the original in PyTorch',
    measure: against('PyTorch', 'stage 2, embedded model, batch 256'),
  },
  { work: 'search 100k, one query', goal: '≤ 1.5× a kernel that only reads the gallery', measure: oneQuery },
  { work: 'search 100k, 32 queries', goal: "≥ 1× usearch's exact search", measure: manyQueries },
  ...(['text', 'id + text', 'picture + text'] as const).map((kind) => ({
    work: `32 queries of ${kind} composed together, embedded model`,
    goal: '≥ 3× as many a second as one at a time',
    measure: composedTogether(kind),
  })),
  { work: 'Flat store 1M x 640, opening', goal: '≤ 1 s', measure: flatOpens(1_000_000) },
  {
    work: 'Flat store 1M x 640, one query',
    goal: '≤ 1.5× a kernel that only reads the features',
    measure: flatQuery(1_000_000),
  },
  {
    work: 'Flat store 1M x 640, one query by bytes',
    goal: '≤ 0.6× the time by halves, the same first ten',
    measure: flatBytes(1_000_000),
  },
  { work: 'a dispatch of a replayed program', goal: '≤ 5 µs of JavaScript', measure: dispatchCost },
  { work: 'a training step', goal: '≤ 1 submit', measure: submitsPerStep },
  { work: 'cold start to the first stage 1 step', goal: '≤ 15 s with an empty shader cache', measure: coldStart },
  { work: 'waiting for the device', goal: "≤ 5 % of a core, the driver's threads left out", measure: waiting },
  {
    work: 'NVIDIA: matmul F32 4096³',
    goal: "≥ 60 % of the card's F32 peak",
    measure: onNvidia(cardPeak),
  },
  {
    work: 'NVIDIA: matmul F16 through subgroup-matrix',
    goal: "≥ 50 % of the vendor's library",
    measure: onNvidia(shareOf('PyTorch', 'matmul of halves, 4096³')),
  },
  {
    work: 'NVIDIA: stage 1 step, ViT-B/32',
    goal: 'against PyTorch eager on the same card',
    measure: onNvidia(against('PyTorch', 'stage 1, ViT-B/32, batch 32')),
  },
  {
    work: 'NVIDIA: stage 2 step, embedded',
    goal: 'against PyTorch eager on the same card',
    measure: onNvidia(against('PyTorch', 'stage 2, embedded model, batch 256')),
  },
];
