import { describe, expect, it } from 'vitest';
import { Batcher, type BatcherOptions, WishError } from '../src/batcher.ts';

/** A batcher of numbers, whose batches end when they are told to. */
function setUp(options: Partial<BatcherOptions<number, string>> = {}) {
  const batches: (readonly number[])[] = [];
  const gates: (() => void)[] = [];
  const batcher = new Batcher<number, string>({
    name: 'numbers',
    batch: 4,
    waiting: 6,
    linger: 0,
    async run(wishes) {
      batches.push(wishes);
      await new Promise<void>((resolve) => gates.push(resolve));
      const wrong = wishes.find((wish) => wish < 0);
      if (wrong !== undefined) throw new RangeError(`${wrong} is below 0`);
      return wishes.map(String);
    },
    ...options,
  });
  const open = async () => {
    while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    gates.shift()!();
  };
  const openAll = async (until: Promise<unknown>) => {
    let done = false;
    const end = () => (done = true);
    until.then(end, end);
    while (!done) {
      gates.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { batcher, batches, open, openAll };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a batcher', () => {
  it('meets together what comes while a batch is under way, in the order in which it came', async () => {
    const { batcher, batches, open } = setUp();
    const first = batcher.ask([1]);
    await turn();
    const others = [batcher.ask([2, 3]), batcher.ask([4]), batcher.ask([5, 6])];
    await open();
    expect(await first).toEqual(['1']);
    await open();
    await open();
    expect(await Promise.all(others)).toEqual([['2', '3'], ['4'], ['5', '6']]);
    expect(batches).toEqual([[1], [2, 3, 4, 5], [6]]);
  });

  it('answers who wishes nothing at once, and goes on', async () => {
    const { batcher, openAll } = setUp();
    expect(await batcher.ask([])).toEqual([]);
    await batcher.idle();
    const later = batcher.ask([1]);
    await openAll(later);
    expect(await later).toEqual(['1']);
  });

  it('fails what is wrong, and nothing else', async () => {
    const { batcher, openAll } = setUp();
    const asked = [batcher.ask([1]), batcher.ask([2, -3]), batcher.ask([4])];
    await openAll(Promise.allSettled(asked));
    expect(await asked[0]).toEqual(['1']);
    expect(await asked[2]).toEqual(['4']);
    const error = await asked[1].catch((error) => error);
    expect(error).toBeInstanceOf(WishError);
    expect([error.index, error.message]).toEqual([1, '-3 is below 0']);
  });

  it('fails all that were met together where the device is at fault, and goes on', async () => {
    let broken = true;
    const { batcher, openAll } = setUp({
      run: async (wishes) => {
        if (broken) throw new Error('no device');
        return wishes.map(String);
      },
    });
    const asked = [batcher.ask([1]), batcher.ask([2])];
    for (const answer of asked) await expect(answer).rejects.toThrow('no device');
    broken = false;
    const later = batcher.ask([3]);
    await openAll(later);
    expect(await later).toEqual(['3']);
  });

  it('refuses what comes when too many wait, and says when to come again', async () => {
    const { batcher, openAll } = setUp();
    const first = batcher.ask([1]);
    await turn();
    const second = batcher.ask([2, 3, 4, 5, 6, 7]);
    expect(batcher.waiting).toBe(6);
    const error = await batcher.ask([8]).catch((error) => error);
    expect([error.status, error.code]).toEqual([429, 'queue_full']);
    expect(error.retryAfter).toBeGreaterThanOrEqual(1);
    await openAll(Promise.all([first, second]));
    const large = batcher.ask([1, 2, 3, 4, 5, 6, 7, 8]); // more than may wait, but alone
    await openAll(large);
    expect(await large).toHaveLength(8);
  });

  it('waits a moment for those that it answered together, and not for one that is alone', async () => {
    const batches: number[] = [];
    const run = async (wishes: readonly number[]) => {
      batches.push(wishes.length);
      return wishes.map(String);
    };
    const { batcher } = setUp({ linger: 200, run });
    await Promise.all([batcher.ask([1]), batcher.ask([2]), batcher.ask([3])]);
    const started = performance.now();
    const late = new Promise((resolve) => setTimeout(resolve, 20)).then(() => batcher.ask([5, 6]));
    await Promise.all([batcher.ask([4]), late]);
    expect(performance.now() - started).toBeLessThan(190);
    await batcher.ask([7]); // waits in vain
    await batcher.ask([8]);
    expect(batches).toEqual([3, 3, 1, 1]);
    const alone = performance.now();
    await batcher.ask([9]);
    expect(performance.now() - alone).toBeLessThan(100);
  });

  it('leaves out what nobody waits for any more', async () => {
    const { batcher, batches, openAll } = setUp();
    const first = batcher.ask([1]);
    await turn();
    const gone = new AbortController();
    const second = batcher.ask([2], gone.signal).catch(({ message }) => message);
    const third = batcher.ask([3]);
    gone.abort();
    await openAll(Promise.all([first, third]));
    expect(await second).toMatch(/aborted/);
    expect(batches).toEqual([[1], [3]]);
    await batcher.idle();
  });
});
