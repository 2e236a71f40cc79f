// Which tensors the planner lets their producers write straight into a packed tensor, and which it copies there.
import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../src/engine/capabilities.ts';
import { makePlan } from '../src/engine/plan.ts';
import { ancestors } from '../src/graph.ts';
import { add, input, pack, reshape, type Tensor } from '../src/index.ts';

const plain: Capabilities = {
  features: new Set(),
  subgroupSize: 0,
  largestSubgroup: 0,
  subgroupMatrices: [],
  vendor: '',
  software: false,
  maxBindingSize: 2 ** 27,
  maxWorkgroupInvocations: 256,
  maxWorkgroupMemory: 16384,
};
const plan = (outputs: readonly Tensor[]) => makePlan(ancestors(outputs), outputs, plain, {});
const copies = (outputs: readonly Tensor[]) => plan(outputs).steps.filter(({ kind }) => kind === 'copy').length;

describe('pack', () => {
  const x = input('x', [10]);

  it('costs nothing for tensors that nothing else reads, views included', () => {
    const [a, b] = [add(x, x), add(x, x)];
    const packed = pack([a, reshape(b, [2, 5])], [0, 64], 128);
    const { steps, placements, slots } = plan([packed]);
    expect(steps.map(({ kind }) => kind)).toEqual(['dispatch', 'dispatch']);
    expect(placements.get(b)).toEqual({ slot: 0, offset: 256 });
    expect(slots).toEqual([512]);
  });

  it('copies inputs, tensors with other readers, and tensors packed twice', () => {
    expect(copies([pack([x], [0], 64)])).toBe(1);
    const read = add(x, x);
    expect(copies([pack([read], [0], 64), add(read, x)])).toBe(1);
    expect(copies([pack([read, read], [0, 64], 128)])).toBe(2);
    expect(copies([pack([read], [0], 64), read])).toBe(1);
  });

  it('says which tensor does not fit', () => {
    expect(() => pack([x, x], [0, 32], 128)).toThrow(/tensor 1 would lie at 32 to 42; expected a multiple of 64/);
    expect(() => pack([x, x], [64, 0], 128)).toThrow(/tensor 1 .* from 74 on/);
    expect(() => pack([x], [0], 9)).toThrow(/within 9/);
    expect(() => pack([x], [0, 64], 128)).toThrow(/an offset for each of 1 tensors, found 2/);
  });
});
