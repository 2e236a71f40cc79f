// The bench of ops as its page runs it, in Node and in the browser.
import { compile, openDevice, profile } from '@webcir/kernels';
import { allCases, type OpCase } from '@webcir/kernels/cases';
import { afterAll, expect, it } from 'vitest';
import { benchOps } from '../src/browser/bench-ops.ts';
import { passesOf } from '../src/ops/passes.ts';
import { timeCase } from '../src/ops/time-case.ts';

const device = await openDevice();
afterAll(() => device.close());

const smallCase = (op: string): OpCase => allCases[op].cases.find(({ inputs }) => inputs[0].shape.length > 1)!;

it('prints a row for each pass and variant of a named op', async () => {
  const lines: string[] = [];
  await benchOps(['broadcast'], 1, (text) => lines.push(...text.split('\n')));
  expect(lines[1]).toMatch(/^ceilings: [\d.]+ GFLOP\/s of arithmetic, [\d.]+ GB\/s copied$/);
  expect(lines.filter((line) => line.startsWith('broadcast'))).toHaveLength(2);
  await expect(benchOps(['sofmax'], 1, () => {})).rejects.toThrow("there is no op 'sofmax'");
});

it('times the backward pass alone', async () => {
  const [forward, backward] = passesOf(smallCase('l2-normalize'));
  expect([forward.kind, backward.kind]).toEqual(['forward', 'backward']);
  // The backward kernels read what the forward pass has made, which has to run first and does not count.
  expect(backward.made.length).toBeGreaterThan(0);
  expect([...backward.ops]).toEqual(['l2Normalize.backward']);
  const program = await compile(device, { outputs: Object.fromEntries(backward.outputs.map((y, i) => [`${i}`, y])) });
  const ops = (await profile(program)).map(({ op }) => op);
  program.dispose();
  expect(ops[0]).toBe('l2Normalize');

  const timings = await timeCase(device, 'l2-normalize', smallCase('l2-normalize'), 1);
  const defaults = timings.filter(({ variant }) => variant === 'default');
  expect(defaults.map(({ pass }) => pass)).toEqual(['forward', 'backward']);
  expect(timings.length).toBeGreaterThan(defaults.length); // the op has another kernel, in both passes
  for (const { wall, device: onDevice } of timings) {
    expect(wall.median).toBeGreaterThan(0);
    expect(onDevice!.median).toBeGreaterThanOrEqual(0);
  }
});

it('has no backward pass where an op has no gradient', () => {
  expect(passesOf(smallCase('nearest')).map(({ kind }) => kind)).toEqual(['forward']);
  expect(passesOf(allCases.adam.benchmarks[0]).map(({ kind }) => kind)).toEqual(['forward']);
});
