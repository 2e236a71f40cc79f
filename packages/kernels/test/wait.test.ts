import { expect, it } from 'vitest';
import { pause, Waiter } from '../src/engine/wait.ts';

/**
 * Simulates a wait of `length` milliseconds with turns of 25 microseconds: how far it sleeps past the end, and its
 * turns.
 */
function simulate(length: number): { overshoot: number; turns: number } {
  let now = 0;
  let turns = 0;
  for (; now < length; turns++) now += pause(turns, now) + 0.025;
  return { overshoot: now - length, turns };
}

it('short waits do not sleep, and none sleeps longer than half a millisecond or a fiftieth of its time', () => {
  expect(simulate(0.19)).toMatchObject({ turns: 8 });
  for (let length = 0.3; length < 1000; length *= 1.1) {
    expect(simulate(length).overshoot).toBeLessThan(Math.max(0.53, Math.min(1.03, length / 50 + 0.03)));
  }
});

it('a wait of two seconds takes the thread for less than three percent of it', () => {
  expect((simulate(2000).turns * 0.025) / 2000).toBeLessThan(0.03);
});

it('the result or the error of what is awaited comes through, also of several at once', async () => {
  const waiter = new Waiter();
  const later = (milliseconds: number) =>
    new Promise<number>((resolve) => setTimeout(resolve, milliseconds, milliseconds));
  await expect(Promise.all([waiter.wait(later(3)), waiter.wait(later(1))])).resolves.toEqual([3, 1]);
  await expect(waiter.wait(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  await expect(waiter.wait(later(2))).resolves.toBe(2);
});
