// Images on their way into a store: what is stored when, and what a failure leaves.
import { expect, it } from 'vitest';
import { type EncodedImages, encodeInto, FlatStore, type ImageToStore, memoryFiles } from '../src/index.ts';

const model = { dim: 2, fingerprint: 'a' };
const device = () => Promise.reject(new Error('nothing is searched here'));
const open = () => FlatStore.open(memoryFiles(), { device, model, storage: 'F32' });

async function* images(count: number): AsyncGenerator<ImageToStore> {
  for (let i = 0; i < count; i++) yield { id: String(i), planes: new Float32Array([i]), metadata: { at: i } };
}

/** Features [i, 1], in batches of two, each of which takes a while. */
const encoder = (milliseconds = 0) => ({
  batch: 2,
  async encode(source: Iterable<unknown> | AsyncIterable<unknown>): Promise<EncodedImages> {
    const ids: string[] = [];
    const features: number[] = [];
    for await (const image of source) {
      const [id, planes] = image as [string, Float32Array];
      if (ids.length % 2) await new Promise((resolve) => setTimeout(resolve, milliseconds));
      ids.push(id);
      features.push(planes[0], 1);
    }
    return { ids, features: Float32Array.from(features) };
  },
});

/** The sizes of what is put, after one another. */
async function sizesOfPuts(count: number, options: { chunk?: number; seconds?: number }, milliseconds?: number) {
  const store = await open();
  const sizes: number[] = [];
  const put = store.put.bind(store);
  store.put = (rows) => {
    sizes.push(rows.ids.length);
    return put(rows);
  };
  expect(await encodeInto(store, encoder(milliseconds), images(count), options)).toBe(count);
  const ids = Array.from({ length: count }, (_, i) => String(i));
  expect((await store.get(ids)).map((image) => [image?.feature[0], image?.metadata])).toEqual(
    ids.map((id) => [Number(id), { at: Number(id) }]),
  );
  return sizes;
}

it('stores whole chunks, and what is left', async () => {
  expect(await sizesOfPuts(10, { chunk: 4 })).toEqual([4, 4, 2]);
  expect(await sizesOfPuts(8, { chunk: 4 })).toEqual([4, 4]);
  expect(await sizesOfPuts(0, {})).toEqual([]);
});

it('stores what a slow encoder has done after a while, in whole batches', async () => {
  expect(await sizesOfPuts(7, { seconds: 0.001 }, 5)).toEqual([2, 2, 2, 1]);
});

it('stores nothing of a chunk with a feature that is not finite, and names the image', async () => {
  const store = await open();
  async function* bad() {
    yield* images(3);
    yield { id: 'bad', planes: new Float32Array([Number.NaN]), metadata: {} };
  }
  await expect(encodeInto(store, encoder(), bad(), { chunk: 2 })).rejects.toThrow('bad');
  expect(await store.count()).toBe(2);
});

it('fails where the store fails, and asks for no more images', async () => {
  const store = await open();
  store.put = () => Promise.reject(new Error('no room'));
  let isReturned = false;
  async function* many() {
    try {
      yield* images(100);
    } finally {
      isReturned = true;
    }
  }
  await expect(encodeInto(store, encoder(), many(), { chunk: 2 })).rejects.toThrow('no room');
  expect(isReturned).toBe(true);
});
