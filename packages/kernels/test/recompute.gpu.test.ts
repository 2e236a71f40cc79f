// Memory for time: activations that are computed again in the backward pass, and programs that share their memory.
import { afterAll, describe, expect, it } from 'vitest';
import {
  attention,
  checkpoint,
  compile,
  gradients,
  input,
  layernorm,
  linear,
  multiply,
  openDevice,
  type Program,
  planMemory,
  relu,
  reshape,
  SharedMemory,
  sharedSize,
  slice,
  sum,
  type Tensor,
} from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const layers = 8;
const [batch, tokens, width] = [2, 16, 32];
const wave = (count: number, seed: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 7 + seed));

/** A deep pre-norm transformer: its weights by name, and the sum of squares of what it makes of x. */
function deepTransformer(mark: (x: Tensor) => Tensor): { weights: Record<string, Tensor>; loss: Tensor } {
  const weights: Record<string, Tensor> = {};
  const weight = (name: string, ...shape: number[]) => (weights[name] = input(name, shape));
  let hidden = input('x', [batch, tokens, width]);
  for (let layer = 0; layer < layers; layer++) {
    hidden = mark(hidden);
    const norm = (name: string) =>
      layernorm(hidden, weight(`${name} scale ${layer}`, width), weight(`${name} shift ${layer}`, width));
    const qkv = linear(norm('attention'), weight(`qkv ${layer}`, 3 * width, width));
    const mixed = attention(qkv, { heads: 2, causal: true });
    hidden = linear(mixed, weight(`out ${layer}`, width, width), { residual: hidden });
    const inner = linear(norm('mlp'), weight(`inner ${layer}`, 4 * width, width), { activation: 'gelu' });
    hidden = linear(inner, weight(`outer ${layer}`, width, 4 * width), { residual: hidden });
  }
  return { weights, loss: sum(reshape(multiply(hidden, hidden), [batch * tokens * width])) };
}

async function train(mark: (x: Tensor) => Tensor, recompute: boolean) {
  const { weights, loss } = deepTransformer(mark);
  const names = Object.keys(weights);
  const found = gradients(loss, Object.values(weights), { recompute });
  const outputs: Record<string, Tensor> = { loss };
  for (const [i, name] of names.entries()) outputs[name] = found[i];
  const program = await compile(device, { outputs });
  const planned = planMemory({ outputs }, device.capabilities);
  expect(program.memory, 'what was planned is what was taken').toBe(sharedSize([planned]));
  const feeds = Object.fromEntries(
    names.map((name, i) => {
      const values = wave(
        weights[name].shape.reduce((product, size) => product * size),
        i,
      );
      return [name, values.map((value) => value / Math.sqrt(width))];
    }),
  );
  feeds.x = wave(batch * tokens * width, 1);
  const results = await program.runAndRead(feeds, Object.keys(outputs));
  const values = planned.slots.reduce((total, size) => total + size, 0);
  const gradientSize = names.reduce((total, name) => total + feeds[name].byteLength, 0);
  program.dispose();
  // The gradients have to be there at the end; what is left is for activations and their gradients.
  return { results, activations: values - gradientSize, dispatches: program.commands.length };
}

describe('gradients with recomputation', () => {
  it('are the same bits in much less memory, for at most one more forward pass', async () => {
    const forward = await compile(device, { outputs: { loss: deepTransformer(checkpoint).loss } });
    const kept = await train(checkpoint, false);
    const again = await train(checkpoint, true);
    expect(again.results).toEqual(kept.results);
    expect(again.activations).toBeLessThan(kept.activations / 3);
    expect(again.dispatches).toBeGreaterThan(kept.dispatches);
    expect(again.dispatches - kept.dispatches).toBeLessThan(forward.commands.length);
    forward.dispose();
  });

  it('need checkpoints to gain anything', async () => {
    const kept = await train((x) => x, false);
    const again = await train((x) => x, true);
    expect(again.results).toEqual(kept.results);
    expect(again.activations).toBeGreaterThan(kept.activations / 2);
  });
});

describe('shared memory', () => {
  const graph = (rows: number) => {
    const [x, weight] = [slice(input('x', [512, 64]), 0, 0, rows), input('weight', [64, 64])];
    return { y: relu(linear(relu(linear(x, weight)), weight)) };
  };
  const feeds = { x: wave(512 * 64, 1), weight: wave(64 * 64, 2) };

  it('serves programs that take turns, at the size of the largest', async () => {
    const sizes = [512, 128, 256];
    const memory = new SharedMemory(device);
    const shared: Program<'y'>[] = [];
    const apart: Program<'y'>[] = [];
    for (const rows of sizes) {
      shared.push(await compile(device, { outputs: graph(rows), memory }));
      apart.push(await compile(device, { outputs: graph(rows) }));
    }
    for (const turn of [0, 1, 2, 1, 0]) {
      const [found, expected] = await Promise.all(
        [shared, apart].map((programs) => programs[turn].runAndRead(feeds, ['y'])),
      );
      expect(found).toEqual(expected);
    }
    expect(memory.size).toBe(apart[0].memory - shared[0].memory);
    const planned = sharedSize(sizes.map((rows) => planMemory({ outputs: graph(rows) }, device.capabilities)));
    expect(shared.reduce((sum, program) => sum + program.memory, memory.size)).toBe(planned);
    for (const owned of [...shared, ...apart, memory]) owned.dispose();
  });

  it('holds an input once for all programs that have it', async () => {
    const memory = new SharedMemory(device);
    const [one, other] = await Promise.all([512, 128].map((rows) => compile(device, { outputs: graph(rows), memory })));
    const { y } = await one.runAndRead(feeds, ['y']);
    expect((await other.runAndRead({}, ['y'])).y).toEqual(y.subarray(0, 128 * 64));
    for (const owned of [one, other, memory]) owned.dispose();
  });
});
