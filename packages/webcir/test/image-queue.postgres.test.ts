// The queue of images on a real server: what is handed out, to whom, and what comes back of workers that are gone.
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/lib/postgres.mjs';
import { ImageQueue } from '../src/commands/store/image-queue.ts';

let server: PostgresServer;
beforeAll(async () => {
  [server] = await startPostgres(1);
}, 600_000); // where it is installed
afterAll(() => server?.stop());

const ids = Array.from({ length: 20 }, (_, i) => `below/${i}.png`);
const chunks = async () => [ids.slice(0, 8), ids.slice(8, 16), ids.slice(16)];
const all = ({ ids: taken }: { ids: readonly string[] }) => ({ stored: taken.length, unreadable: [] });
let names = 0;
/** Workers at a queue of their own. */
async function open(count: number, lease = 60): Promise<ImageQueue[]> {
  const name = `queue_${names++}`;
  return Promise.all(Array.from({ length: count }, () => ImageQueue.open(server.url, name, lease)));
}
const close = (workers: ImageQueue[]) => Promise.all(workers.map((worker) => worker.close()));

describe('ImageQueue', () => {
  it('is filled by one of those who come at once, and hands each image out once', async () => {
    const workers = await open(4);
    let made = 0;
    const make = async () => {
      made++;
      await wait(100);
      return chunks();
    };
    const filled = await Promise.all(workers.map((worker) => worker.fill(make)));
    expect([made, filled.filter(Boolean).length]).toEqual([1, 1]);
    const taken: string[] = [];
    await Promise.all(
      workers.map(async (worker) => {
        for (let chunk = await worker.next(); chunk; chunk = await worker.next()) {
          taken.push(...chunk.ids);
          await worker.done(chunk, { stored: chunk.ids.length - 1, unreadable: [{ id: chunk.ids[0], error: 'cut' }] });
        }
      }),
    );
    expect(taken.sort()).toEqual([...ids].sort());
    expect(await workers[0].progress()).toEqual({ done: 20, total: 20 });
    const { stored, unreadable } = await workers[3].report();
    expect([stored, unreadable.map(({ id, error }) => `${id} ${error}`)]).toEqual([
      17,
      ['below/0.png cut', 'below/16.png cut', 'below/8.png cut'],
    ]);
    // The next run starts from nothing.
    expect(await workers[1].fill(async () => [])).toBe(true);
    expect([await workers[1].next(), await workers[1].report()]).toEqual([undefined, { stored: 0, unreadable: [] }]);
    expect((await workers[2].report()).stored).toBe(17); // what it worked at
    await close(workers);
  });

  it('is filled as a whole or not at all', async () => {
    const workers = await open(2);
    const failing = workers[0].fill(() => Promise.reject(new Error('no such folder')));
    await expect(failing).rejects.toThrow('no such folder');
    function* broken() {
      for (let i = 0; i < 500; i++) yield [`${i}`];
      throw new Error('the list ends here');
    }
    await expect(workers[0].fill(async () => broken())).rejects.toThrow('ends here');
    expect((await workers[0].progress()).total).toBe(0);
    expect(await workers[1].fill(async () => Array.from({ length: 500 }, (_, i) => [`${i}`]))).toBe(true);
    expect((await workers[1].progress()).total).toBe(500);
    await close(workers);
  });

  it('keeps the chunk of a worker that is slow, and hands out that of one that is gone', async () => {
    const [slow, gone, other] = await open(3, 1);
    await slow.fill(chunks);
    const [first, second] = [(await slow.next())!, (await gone.next())!];
    await gone.close(); // gives no more signs
    const taken: string[] = [];
    const rest = (async () => {
      for (let chunk = await other.next(); chunk; chunk = await other.next()) {
        taken.push(...chunk.ids);
        await other.done(chunk, all(chunk));
      }
    })();
    await wait(3000);
    expect(taken.sort()).toEqual([...second.ids, ...ids.slice(16)].sort());
    await slow.done(first, all(first)); // `other` waits for it
    await rest;
    expect((await other.report()).stored).toBe(20);
    await close([slow, other]);
  });

  it('finds the image that ends every worker which reads it, and loses no other', async () => {
    const bad = ids[2];
    const [first] = await open(1, 1);
    await first.fill(async () => [ids.slice(0, 4), ids.slice(4)]);
    const done: string[] = [];
    let ended = 0;
    let worker = first;
    for (;;) {
      const chunk = await worker.next();
      if (chunk === undefined) {
        const { stored, unreadable } = await worker.report();
        expect([stored, unreadable]).toEqual([
          19,
          [{ id: bad, error: expect.stringMatching(/^given up after 3 tries: /) }],
        ]);
        expect(await worker.fill(async () => [[bad]])).toBe(true); // once it has been told
        await worker.close();
        break;
      }
      if (chunk.ids.includes(bad)) {
        // As if its process were gone: the next one starts with nothing.
        ended++;
        await worker.close();
        worker = await ImageQueue.open(server.url, `queue_${names - 1}`, 1);
        expect(await worker.fill(() => Promise.reject(new Error('there is work left')))).toBe(false);
        continue;
      }
      done.push(...chunk.ids);
      await worker.done(chunk, all(chunk));
    }
    expect(done.sort()).toEqual(ids.filter((id) => id !== bad).sort());
    expect(ended).toBe(1 + 1 + 3); // four and two images once, and the one three times
  });

  it('hands out what failed, to be tried again', async () => {
    const [worker] = await open(1);
    await worker.fill(async () => [['a', 'b']]);
    await worker.failed((await worker.next())!, new Error('the device is lost'));
    const sizes: number[] = [];
    for (let chunk = await worker.next(); chunk; chunk = await worker.next()) {
      sizes.push(chunk.ids.length);
      if (chunk.ids[0] === 'a') await worker.failed(chunk, new Error('not finite'));
      else await worker.done(chunk, all(chunk));
    }
    expect(sizes).toEqual([1, 1, 1, 1]);
    const error = 'given up after 3 tries: not finite';
    expect(await worker.report()).toEqual({ stored: 1, unreadable: [{ id: 'a', error }] });
    await worker.close();
  });
});
