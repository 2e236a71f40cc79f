// One gallery over several stores: here over flat ones in memory, and over some that fail.
import { describe, expect, it } from 'vitest';
import { FlatStore, memoryFiles, type Store, type StoreModel } from '../src/index.ts';
import { partOf, type Shard, ShardError, ShardedStore } from '../src/node.ts';
import { conformance } from './conformance.ts';

const device = () => Promise.reject(new Error('no device is needed for so few rows'));
const flat = (model: StoreModel, files = memoryFiles()) => FlatStore.open(files, { device, model, journalBytes: 8000 });

conformance('of four flat stores', async () => {
  const files = Array.from({ length: 4 }, () => memoryFiles());
  return {
    async open(model) {
      const stores = await Promise.allSettled(files.map((own) => flat(model, own)));
      const opened = stores.flatMap((store) => (store.status === 'fulfilled' ? [store.value] : []));
      const failed = stores.find((store) => store.status === 'rejected');
      if (!failed) return ShardedStore.open(opened.map((store, i) => ({ name: `shard ${i + 1}`, store })));
      for (const store of opened) await store.close();
      throw failed.reason;
    },
    remove: async () => {},
  };
});

const model: StoreModel = { dim: 2, fingerprint: 'model a' };
const ids = Array.from({ length: 40 }, (_, i) => `image ${i}`);
const features = Float32Array.from({ length: 80 }, (_, i) => (i % 2 ? 1 : (i >> 1) / 40));

/** Four stores with 40 images in them, all of which can be made to fail. */
async function filled(): Promise<{ shards: Shard[]; fail: Map<string, () => Promise<never>> }> {
  const fail = new Map<string, () => Promise<never>>();
  const shards = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (name): Promise<Shard> => {
      const store = await flat(model);
      const failing = new Proxy(store, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => fail.get(name)?.() ?? value.apply(target, args);
        },
      });
      return { name, store: failing as Store };
    }),
  );
  const store = await ShardedStore.open(shards);
  await store.put({ ids, features });
  return { shards, fail };
}

describe('a sharded store', () => {
  it('has each image in the shard that follows from its id', async () => {
    const { shards } = await filled();
    for (const [i, { store }] of shards.entries()) {
      const own = ids.filter((id) => partOf(id, 4) === i);
      expect(own.length).toBeGreaterThan(3);
      expect(await store.count()).toBe(own.length);
      expect((await store.get(own)).every((image) => image !== undefined)).toBe(true);
    }
    // As `printf '4294967296 image 0' | sha256sum` says: galleries rely on it.
    const number = 2 ** 32;
    expect(['image 0', 'é', ''].map((id) => partOf(id, number))).toEqual([0x5b0168fb, 0xc55ace8d, 0x834e0aed]);
  });

  it('rejects what a shard fails at, naming it, and says in a partial answer what it lacks', async () => {
    const { shards, fail } = await filled();
    const store = await ShardedStore.open(shards);
    const whole = (await store.search(features.subarray(0, 2), { k: 40 }))[0];
    fail.set('b', () => Promise.reject(new Error('the disk is gone')));
    const asked = store.search(features.subarray(0, 2));
    await expect(asked).rejects.toThrow(ShardError);
    await expect(asked).rejects.toThrow('1 of the shards did not answer: b (the disk is gone)');
    await expect(store.count()).rejects.toThrow(ShardError);
    await expect(store.put({ ids, features })).rejects.toThrow(/b \(the disk is gone\)/);
    await expect(store.get(ids)).rejects.toThrow(ShardError);
    const { hits, missing } = await store.searchPartial(features.subarray(0, 2), { k: 40 });
    expect(missing.map(({ name, error }) => [name, error.message])).toEqual([['b', 'the disk is gone']]);
    expect(hits[0]).toEqual(whole.filter(({ id }) => partOf(id, 4) !== 1));
    expect(hits[0].length).toBeLessThan(40);
    const distinct = await store.searchPartial(features.subarray(0, 2), { k: 40, distinct: 0.999 });
    expect(distinct.missing.map(({ name }) => name)).toEqual(['b']);
    for (const name of ['a', 'c', 'd']) fail.set(name, fail.get('b')!);
    await expect(store.searchPartial(features.subarray(0, 2))).rejects.toThrow(/4 of the shards/);
    fail.clear();
    expect(await store.searchPartial(features.subarray(0, 2), { k: 40 })).toEqual({ hits: [whole], missing: [] });
  });

  it('waits for a shard no longer than it was told to', async () => {
    const { shards, fail } = await filled();
    const store = await ShardedStore.open(shards, { timeoutMs: 50 });
    fail.set('c', () => new Promise(() => {}));
    await expect(store.search(features.subarray(0, 2))).rejects.toThrow('c (no answer within 50 ms)');
    expect((await store.searchPartial(features.subarray(0, 2))).missing.map(({ name }) => name)).toEqual(['c']);
  });

  it('refuses what a shard refuses in its words', async () => {
    const { shards } = await filled();
    const store = await ShardedStore.open(shards);
    await expect(store.put({ ids: ['large'], features: Float32Array.of(1e5, 0) })).rejects.toThrow(
      /^large: half precision holds no value beyond 65504, found 100000/,
    );
  });

  it('is not opened in another order, in another number, or over stores of two models', async () => {
    const { shards } = await filled();
    const [a, b, c, d] = shards;
    await expect(ShardedStore.open([b, a, c, d])).rejects.toThrow(/b is shard 1 of 4, and holds 'image \d+'/);
    await expect(ShardedStore.open([a, b])).rejects.toThrow(/shards in the order and the number/);
    await expect(ShardedStore.open([])).rejects.toThrow(/expected one store or more/);
    const other = await flat({ ...model, fingerprint: 'model b' });
    await expect(ShardedStore.open([a, b, c, { name: 'e', store: other }])).rejects.toThrow(/^e holds features of/);
  });

  it('keeps what is distinct among what is kept in all shards, whatever one of them would leave out', async () => {
    // Three in a row: the middle one is like both. The first and the last are in one shard, or not: the answer is the same.
    const angles = [0, 0.1, 0.2];
    const close = Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
    const inParts = (wanted: number[]) =>
      wanted.map((part, i) => Array.from({ length: 99 }, (_, n) => `${i}-${n}`).find((id) => partOf(id, 2) === part)!);
    for (const places of [
      [0, 0, 0],
      [0, 1, 0],
      [0, 1, 1],
      [1, 0, 0],
      [0, 0, 1],
    ]) {
      const stores = [await flat(model), await flat(model)];
      const store = await ShardedStore.open(stores.map((one, i) => ({ name: `${i}`, store: one })));
      const named = inParts(places);
      await store.put({ ids: named, features: close });
      const [hits] = await store.search(Float32Array.of(1, 0), { distinct: Math.cos(0.15) });
      expect(hits.map(({ id }) => id)).toEqual([named[0], named[2]]);
    }
  });
});
