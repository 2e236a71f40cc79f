// A service on a socket: where it listens, and how it stops.
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type ListenOptions, listen } from '../src/listen.ts';
import { dim, stubModels, stubStore } from './stub.ts';

async function setUp(options: Partial<ListenOptions> = {}) {
  const models = stubModels();
  const store = await stubStore();
  const put = store.put.bind(store);
  const stored: string[] = [];
  store.put = async (rows) => {
    await put(rows);
    stored.push(...rows.ids);
  };
  const galleries = new Map([['photos', { store }]]);
  const service = await listen({ open: async () => models, model: 'stub', galleries, port: 0, ...options });
  return { models, stored, store, service, address: service.address };
}

describe('a service', () => {
  it('is for its own machine, unless it has keys', async () => {
    await expect(setUp({ host: '0.0.0.0' })).rejects.toThrow(
      'can be reached from other machines: give the service API keys',
    );
    const { address, service } = await setUp({ host: '0.0.0.0', keys: ['a-key-that-nobody-guesses'] });
    const port = new URL(address).port;
    expect((await fetch(`http://127.0.0.1:${port}/v1/models`)).status).toBe(401);
    await service.close();
  });

  it('says which address is taken', async () => {
    const { address, service } = await setUp();
    const port = Number(new URL(address).port);
    await expect(setUp({ port })).rejects.toThrow(`127.0.0.1:${port} is taken by another program`);
    await service.close();
  });

  it('finishes what is under way when it stops, takes nothing more, and closes its stores', async () => {
    const { models, address, service, store } = await setUp();
    let release = () => {};
    models.before = () => new Promise((resolve) => (release = resolve));
    const body = JSON.stringify({ input: 'red' });
    const headers = { 'content-type': 'application/json' };
    const asked = fetch(`${address}/v1/embeddings`, { method: 'POST', headers, body });
    await expect.poll(() => models.batches.length).toBe(1);
    const closed = service.close();
    await expect(fetch(`${address}/health`)).rejects.toThrow();
    release();
    expect((await asked).status).toBe(200);
    await closed;
    await expect(store.get(['red'])).rejects.toThrow('closed');
  });

  it('cuts off who does not come to an end', async () => {
    const { address, service } = await setUp();
    const headers = { 'content-type': 'application/json', 'content-length': 100 };
    const slow = request(`${address}/v1/embeddings`, { method: 'POST', headers });
    const ended = new Promise((resolve) => slow.on('error', resolve));
    slow.write('{');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = performance.now();
    await service.close(100);
    expect(performance.now() - started).toBeLessThan(5000);
    await ended;
  });

  it('has stored all that it acknowledged before it stopped', async () => {
    const { address, service, stored } = await setUp();
    const acknowledged: string[] = [];
    const write = async (worker: number) => {
      for (let i = 0; ; i++) {
        const items = [{ id: `${worker}-${i}`, feature: Array(dim).fill(1) }];
        const answer = await fetch(`${address}/v1/galleries/photos/items`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ items }),
        }).catch(() => undefined);
        if (answer?.status !== 200) return;
        acknowledged.push(...(await answer.json()).stored);
      }
    };
    const writers = Array.from({ length: 8 }, (_, worker) => write(worker));
    await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(50);
    await service.close();
    await Promise.all(writers);
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(acknowledged.filter((id) => !stored.includes(id))).toEqual([]);
  });
});
