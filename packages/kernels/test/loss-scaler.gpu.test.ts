// Loss scaling: a step whose gradients overflow changes nothing and halves the scale, the others are what they are
// without it.
import { afterAll, describe, expect, it } from 'vitest';
import { openDevice } from '../src/engine/device.ts';
import { Adam, compile, input, LossScaler, multiply, sum, TensorStore } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const start = Float32Array.of(0.5, -0.25, 1);
const x = Float32Array.of(3, -1000, 0.125);

/** The weights after some steps down the gradient x, and what the scaler went through. */
async function train(steps: number, scale?: number) {
  const weights = TensorStore.create(device, [{ name: 'w', shape: [3] }]);
  weights.write('w', start);
  const adam = new Adam(weights, { lossScaling: scale !== undefined });
  const { scaler } = adam;
  scaler?.restore(new Map(Object.entries({ ...scaler.save(), 'loss scale': String(scale) })));
  const program = await compile(device, adam.minimize(sum(multiply(weights.tensor('w'), input('x', [3])))));
  const after: Float32Array[] = [];
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const feeds = { x, adam: adam.hyper({ learningRate: 0.1, weightDecay: 0.1, step }) };
    const result = await program.runAndRead(feeds, scaler ? ['loss', 'overflow'] : ['loss']);
    scaler?.update(result.overflow[0] !== 0);
    losses.push(result.loss[0]);
    after.push(await weights.readTensor('w'));
  }
  program.dispose();
  adam.dispose();
  weights.dispose();
  return { after, losses, scaler };
}

describe('loss scaling', () => {
  it('changes no bit where nothing overflows', async () => {
    const [plain, scaled] = [await train(3), await train(3, 2 ** 16)];
    expect(scaled.after).toEqual(plain.after);
    expect(scaled.losses).toEqual(plain.losses);
    expect(scaled.scaler).toMatchObject({ scale: 2 ** 16, skipped: 0 });
  });

  it('skips steps that overflow, halves the scale, and does not count them', async () => {
    // 1000 * 2^120 and 1000 * 2^119 are more than a float holds.
    const [plain, scaled] = [await train(3), await train(5, 2 ** 120)];
    expect(scaled.after.slice(0, 2)).toEqual([start, start]);
    expect(scaled.after.slice(2)).toEqual(plain.after);
    expect(scaled.scaler).toMatchObject({ scale: 2 ** 118, skipped: 2 });
  });
});

describe('a LossScaler', () => {
  const steps = (scaler: LossScaler, count: number) => {
    for (let i = 0; i < count; i++) scaler.update(false);
  };

  it('doubles the scale after 2000 steps without overflow', () => {
    const scaler = new LossScaler();
    steps(scaler, 1999);
    expect(scaler.scale).toBe(2 ** 16);
    steps(scaler, 1);
    expect(scaler.scale).toBe(2 ** 17);
    steps(scaler, 1999);
    scaler.update(true);
    steps(scaler, 1999);
    expect(scaler).toMatchObject({ scale: 2 ** 16, skipped: 1 });
  });

  it('goes on from a checkpoint, and says what a checkpoint lacks', () => {
    const [first, second] = [new LossScaler(), new LossScaler()];
    first.update(true);
    steps(first, 1500);
    second.restore(new Map(Object.entries(first.save())));
    for (const scaler of [first, second]) steps(scaler, 500);
    expect(second.save()).toEqual(first.save());
    expect(second.scale).toBe(2 ** 16);
    expect(() => second.restore(new Map([['epoch', '3']]))).toThrow(/'loss scale'.*mixed precision.*found nothing/);
  });
});
