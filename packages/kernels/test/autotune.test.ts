// Which variant the autotuner takes, with a stopwatch that shows made-up times.
import { describe, expect, it } from 'vitest';
import { type Stopwatch, type TimingOptions, timeVariants } from '../src/engine/autotune.ts';
import type { Capabilities } from '../src/engine/capabilities.ts';
import { planMemory } from '../src/engine/memory.ts';
import { chosenVariant, shapeClass } from '../src/engine/variants.ts';
import { elements, input, layernorm, matmul, type Tensor } from '../src/index.ts';

/** Matmul runs as 'tiled' and 'register', layernorm as 'workgroup' and 'plain'. */
const adapter: Capabilities = {
  features: new Set(['subgroups']),
  subgroupSize: 32,
  largestSubgroup: 32,
  subgroupMatrices: [],
  software: false,
  vendor: 'nvidia',
  maxBindingSize: 2 ** 27,
  maxWorkgroupInvocations: 1024,
  maxWorkgroupMemory: 32768,
};
/** Layernorm runs as 'subgroup' and 'plain', and as 'workgroup', which is not worth timing. */
const lavapipe: Capabilities = { ...adapter, subgroupSize: 8, software: true, vendor: 'mesa' };

const product = (rows: number, inner: number, columns: number): Tensor =>
  matmul(input('a', [rows, inner]), input('b', [inner, columns]));
const normalized = (rows: number, width: number): Tensor =>
  layernorm(input('x', [rows, width]), input('weight', [width]), input('bias', [width]));
const classOf = ({ node: { source } }: Tensor): string => (source.kind === 'op' ? shapeClass(source) : '');

/** Every run of `variant` takes the given milliseconds and is noted in `runs`. */
function stopwatch(milliseconds: (variant: string, rows: number) => number) {
  const runs: string[] = [];
  let now = 0;
  const watch: Stopwatch = {
    now: () => now,
    ready: async ({ source }) => ({
      async run(variant) {
        runs.push(`${source.definition.name} ${elements(source.inputs[0].shape)} ${variant}`);
        const time = milliseconds(variant, source.inputs[0].shape[0]);
        now += time;
        return time;
      },
      dispose() {},
    }),
  };
  return { watch, runs };
}

async function autotuned(
  tensors: readonly Tensor[],
  time: (variant: string, rows: number) => number,
  options?: TimingOptions,
  on = adapter,
) {
  const { watch, runs } = stopwatch(time);
  const outputs = Object.fromEntries(tensors.map((tensor, i) => [`${i}`, tensor]));
  return { ...(await timeVariants(watch, on, [{ outputs }], options)), runs };
}

/** The variant that a program's plan takes. */
const variantOf = ({ node: { source } }: Tensor, capabilities: Capabilities): string =>
  source.kind === 'op' ? chosenVariant(source, capabilities) : '';

describe('the autotuner', () => {
  const y = product(64, 64, 64);

  it('takes another variant where it is at least 10 % faster, and keeps the fixed choice below that', async () => {
    const faster = (share: number) => autotuned([y], (variant) => (variant === 'register' ? share * 10 : 10));
    expect(await faster(0.89)).toMatchObject({
      choices: { [classOf(y)]: 'register' },
      timed: 1,
      changed: 1,
      untimed: 0,
    });
    expect(await faster(0.91)).toMatchObject({ choices: { [classOf(y)]: 'tiled' }, timed: 1, changed: 0 });
  });

  it('leaves out a variant that never wins on the adapter, and runs the others in turns', async () => {
    const { runs } = await autotuned([normalized(64, 64)], () => 10, {}, lavapipe);
    const turn = ['subgroup', 'plain'];
    expect(runs.map((run) => run.split(' ')[2])).toEqual([...turn, ...turn, ...turn]);
  });

  it('does not run a variant again that takes half as long again', async () => {
    const { runs } = await autotuned([y], (variant) => (variant === 'register' ? 16 : 10));
    expect(runs).toHaveLength(2);
  });

  it('times one of each class, the largest: sizes up to the next power of two go together', async () => {
    const { runs, choices } = await autotuned(
      [product(33, 64, 64), product(64, 64, 64), product(65, 64, 64)],
      () => 10,
    );
    expect(new Set(runs)).toEqual(
      new Set(['matmul 4160 tiled', 'matmul 4160 register', 'matmul 4096 tiled', 'matmul 4096 register']),
    );
    expect(Object.keys(choices)).toHaveLength(2);
    expect(variantOf(product(40, 60, 50), { ...adapter, choices: { [classOf(y)]: 'register' } })).toBe('register');
  });

  it('begins with what moves the most memory, and keeps the fixed choice for what the budget leaves out', async () => {
    const many = [normalized(4, 64), product(256, 256, 256)];
    const { choices, runs, timed, untimed } = await autotuned(many, () => 10, { budget: 60 });
    expect(runs.every((run) => run.startsWith('matmul'))).toBe(true);
    expect(choices).toEqual({ [classOf(many[0])]: 'workgroup', [classOf(many[1])]: 'tiled' });
    expect([timed, untimed]).toEqual([1, 1]);
  });

  it('does not begin with a variant for which there may not be time', async () => {
    const { runs, choices } = await autotuned([y], (variant) => (variant === 'register' ? 1 : 10), { budget: 15 });
    expect(runs).toEqual(['matmul 4096 tiled']);
    expect(choices[classOf(y)]).toBe('tiled');
  });

  it('times nothing that is known, changes no record, and takes no variant that cannot run', async () => {
    const known = Object.freeze({ [classOf(y)]: 'register', other: 'kept' });
    const { choices, runs } = await autotuned([y], () => 10, { choices: known });
    expect([choices, runs]).toEqual([known, []]);
    expect(variantOf(y, { ...adapter, choices: { [classOf(y)]: 'subgroup' } })).toBe('tiled');
  });

  it('gives plans the memory of the variant that it took', () => {
    const long = product(64, 4096, 64); // cut into slices, as many as there are tiles too few
    const need = (choices: Capabilities['choices']) =>
      planMemory({ outputs: { long } }, { ...lavapipe, choices }).slots;
    expect(need({ [classOf(long)]: 'tiled' })).not.toEqual(need({}));
  });
});
