import { describe, expect, it } from 'vitest';
import { madeAhead } from '../src/made-ahead.ts';

const numbers = Array.from({ length: 10 }, (_, i) => i);

/** Numbers as they come, and how far they have been taken. */
function stream() {
  const state = { taken: 0, atOnce: 0, closed: false };
  async function* items() {
    try {
      for (const number of numbers) {
        state.taken++;
        expect(++state.atOnce).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        state.atOnce--;
        yield number;
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, items: items() };
}

const failsAt1 = async (item: number) => {
  if (item === 1) throw new Error(`item ${item}`);
  return item;
};

describe('madeAhead', () => {
  it('makes each item once, in order, and no more than asked for ahead', async () => {
    const made: number[] = [];
    const items = madeAhead(numbers, 3, async (number) => {
      made.push(number);
      return number;
    });
    for (const number of numbers) {
      expect((await items.next()).value).toBe(number);
      await new Promise((resolve) => setTimeout(resolve));
      expect(made).toEqual(numbers.slice(0, number + 4));
    }
    expect((await items.next()).done).toBe(true);
  });

  it('takes items as they come, one after the other, whoever waits', async () => {
    const { state, items } = stream();
    const made = madeAhead(items, 2, (number) => -number);
    expect((await made.next()).value).toBe(-0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(state.taken).toBe(3);
    for (const number of numbers.slice(1)) expect((await made.next()).value).toBe(-number);
    expect((await made.next()).done).toBe(true);
  });

  it('closes the items of whoever stops early', async () => {
    const { state, items } = stream();
    for await (const number of madeAhead(items, 2, (item) => item)) if (number === 1) break;
    expect(state.closed).toBe(true);
    expect(state.taken).toBeLessThan(5);
  });

  it('throws for an item that failed when its turn comes', async () => {
    const items = madeAhead([0, 1, 2], 2, failsAt1);
    expect((await items.next()).value).toBe(0);
    await expect(items.next()).rejects.toThrow('item 1');
  });

  it('leaves out what failed where someone is told', async () => {
    const failed: [number, string][] = [];
    const made: number[] = [];
    const items = madeAhead([0, 1, 2], 2, failsAt1, (item, { message }) => failed.push([item, message]));
    for await (const number of items) made.push(number);
    expect([made, failed]).toEqual([[0, 2], [[1, 'item 1']]]);
  });

  it('throws what the items themselves throw', async () => {
    async function* broken() {
      yield 0;
      throw new Error('cut');
    }
    const items = madeAhead(broken(), 4, failsAt1, () => {});
    expect((await items.next()).value).toBe(0);
    await expect(items.next()).rejects.toThrow('cut');
  });
});
