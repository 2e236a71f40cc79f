import type { Device } from '@webcir/kernels';
import type { Built } from '../../build/built.ts';
import { buildImageEncoder, buildTextEncoder } from '../../build/encoders.ts';
import { buildStage1, buildStage2, combiners } from '../../build/training.ts';
import { stopwatch } from '../../measure/rounds.ts';
import type { Context } from '../context.ts';
import { type Costs, type Epochs, STAGE2, stage1Epochs, stage2Epochs } from '../epochs.ts';
import type { Measured } from '../verdict.ts';

const MODEL = 'RN50x4';

/** An epoch of stage 1: CLIP4Cir's procedure over ours, both in this engine. */
export async function stage1Epoch({ device }: Context): Promise<Measured> {
  return ratio(stage1Epochs({ ...none, image: await imageCost(device), stage1: await stage1Cost(device) }));
}

/** An epoch of stage 2: CLIP4Cir's procedure over ours, both in this engine. */
export async function stage2Epoch({ device }: Context): Promise<Measured> {
  const image = await imageCost(device);
  const captions = (trim: boolean) => buildTextEncoder(device, MODEL, { batch: 8, backward: false, trim });
  const caption = { whole: (await seconds(captions(false))) / 8, trimmed: (await seconds(captions(true))) / 8 };
  const combiner = await combinerCost(device);
  return ratio(stage2Epochs({ ...none, image, caption, combiner }));
}

const none: Costs = {
  image: 0,
  caption: { whole: 0, trimmed: 0 },
  stage1: { whole: 0, trimmed: 0 },
  combiner: 0,
};

const ratio = ({ original, ours }: Epochs): Measured => ({
  value: original / ours,
  detail: `${(original / 3600).toFixed(2)} h and ${(ours / 3600).toFixed(3)} h an epoch`,
});

async function imageCost(device: Device): Promise<number> {
  return (await seconds(buildImageEncoder(device, MODEL, 2))) / 2;
}

/**
 * Estimates steps at a batch of 128 from smaller ones: at 77 positions from batches of 2 and 6; trimmed as four of 32,
 * which counts the optimizer four times (to our disadvantage).
 */
async function stage1Cost(device: Device): Promise<Costs['stage1']> {
  const whole = (batch: number) => seconds(buildStage1(device, MODEL, { batch, trim: false }));
  const trimmed = 4 * (await seconds(buildStage1(device, MODEL, { batch: 32 })));
  return { whole: await atBatch(128, [2, 6], whole), trimmed };
}

/** Each triplet's part of a step of the Combiner at CLIP4Cir's batch. */
async function combinerCost(device: Device): Promise<number> {
  const step = (batch: number) => seconds(buildStage2(device, combiners[MODEL], { batch }));
  return (await atBatch(STAGE2.batch, [128, 384], step)) / STAGE2.batch;
}

/** Extrapolates the cost of a step from two smaller batches: it is a + b * batch, with a for the optimizer. */
async function atBatch(
  batch: number,
  [small, large]: readonly [number, number],
  cost: (batch: number) => Promise<number>,
): Promise<number> {
  const [few, many] = [await cost(small), await cost(large)];
  return few + ((many - few) * (batch - small)) / (large - small);
}

/** Seconds of a run: the better of two, after one for compilers and caches. */
async function seconds(making: Promise<Built>): Promise<number> {
  const built = await making;
  await built.run(1);
  const times = [await stopwatch(() => built.run(1)), await stopwatch(() => built.run(1))];
  await built.dispose();
  return Math.min(...times) / 1000;
}
