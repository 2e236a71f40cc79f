// Query features of many queries, encoded together: the same as those of one at a time.
import { BufferUsage, DeviceLostError, openDevice } from '@webcir/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FlatStore,
  type Gallery,
  memoryFiles,
  type Query,
  QueryError,
  Retriever,
  storeSearchOf,
} from '../src/index.ts';
import { combinerTensors, image, images, model, sizes, tokenizer } from './small.ts';

const device = await openDevice();
const parts = { clip: model, tokenizer };
const combiner = { config: sizes, tensors: combinerTensors };
let summing: Retriever;
let combining: Retriever;
let gallery: Gallery;
let store: FlatStore;
let buffer: GPUBuffer;
beforeAll(async () => {
  summing = await Retriever.load({ ...parts, device });
  combining = await Retriever.load({ ...parts, combiner, device });
  gallery = await summing.index(images);
  const { features, ids } = gallery;
  const fingerprint = await gallery.fingerprint();
  store = await FlatStore.open(memoryFiles(), { device, model: { dim: 22, fingerprint }, storage: 'F32' });
  await store.put({ ids, features });
  buffer = device.gpu.createBuffer({ size: 4 * 22 + 8, usage: BufferUsage.COPY_SRC | BufferUsage.COPY_DST });
  device.gpu.queue.writeBuffer(buffer, 8, gallery.featureOf('image 8').slice());
});
afterAll(async () => {
  buffer.destroy();
  await store.close();
  await gallery.dispose();
  await summing.dispose();
  await combining.dispose();
  device.close();
});

const shown = [...images.values()];
const own = Float32Array.from({ length: 22 }, (_, i) => Math.sin(i));

/** Every kind of query, with what makes a kind of its own. */
const kinds: Record<string, Query> = {
  'a text': { text: 'a red dress' },
  'a long text': { text: 'a red dress is longer with stripes and much darker' },
  'the same text again': { text: 'a red dress' },
  'an id': { image: 'image 4' },
  'an image': { image: shown[5] },
  'a feature': { image: { feature: own } },
  'an id and a text': { image: 'image 4', text: 'is longer' },
  'an image and a text': { image: shown[6], text: 'much darker' },
  'a feature and a text': { image: { feature: own }, text: 'with stripes' },
  'the same image and another text': { image: shown[6], text: 'is longer' },
  'several references': { image: ['image 2', { image: shown[7], weight: 3 }, { feature: own }] },
  'several references and a text': { image: [shown[6], { image: 'image 9', weight: 0.5 }], text: 'is longer' },
  'more weight for the text': { image: 'image 5', text: 'much darker', weights: { text: 3 } },
  'more weight for the image': { image: shown[5], text: 'much darker', weights: { image: 3, text: 2 } },
  'no weight for the image': { image: shown[5], text: 'much darker', weights: { image: 0 } },
  'equal weights that are not 1': { image: 'image 5', text: 'much darker', weights: { image: 7, text: 7 } },
  'words to avoid': { image: 'image 1', text: 'a dress', avoid: { text: ['stripes', 'red'] } },
  'an image to avoid': { text: 'a dress', avoid: { image: shown[8], weight: 0.9 } },
  'words and images to avoid': { image: shown[1], avoid: { text: 'longer', image: ['image 3', shown[6]] } },
  'nothing to avoid after all': { image: shown[1], text: 'a dress', avoid: { text: 'longer', weight: 0 } },
};

function expectClose(found: Float32Array, wanted: Float32Array, what: string): void {
  expect(found.length, what).toBe(wanted.length);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [i, value] of found.entries())
    expect(Math.abs(value - wanted[i]) / largest, `${what}, value ${i}`).toBeLessThan(3e-6);
}

/** A row for each query, each by itself: in one program, encoders and all. */
async function oneByOne(retriever: Retriever, queries: readonly Query[], among: Gallery | FlatStore = gallery) {
  const rows = new Float32Array(queries.length * 22);
  for (const [i, query] of queries.entries()) rows.set(await retriever.compose([query], among), i * 22);
  return rows;
}

describe.each([
  ['a plain sum', () => summing],
  ['a Combiner', () => combining],
] as const)('with %s', (_, retrieverOf) => {
  it('one query is what the search ranks by', async () => {
    const retriever = retrieverOf();
    for (const [kind, query] of Object.entries(kinds)) {
      const scores = gallery.scores(await retriever.compose([query], gallery));
      const found = await retriever.search(gallery, { ...query, k: 30 });
      for (const { id, score } of found)
        expect(Math.abs(scores[gallery.rowOf(id)!] - score), `${kind}: ${id}`).toBeLessThan(2e-6);
    }
  });

  it('many queries of all kinds are composed as one at a time, in any order and of a gallery or a store', async () => {
    const retriever = retrieverOf();
    const queries = Object.values(kinds);
    const wanted = await oneByOne(retriever, queries);
    const found = await retriever.compose(queries, gallery);
    for (const [i, kind] of Object.keys(kinds).entries())
      expectClose(found.subarray(i * 22, (i + 1) * 22), wanted.subarray(i * 22, (i + 1) * 22), kind);
    const backwards = await retriever.compose(queries.toReversed(), store);
    for (const [i, kind] of Object.keys(kinds).entries()) {
      const at = (queries.length - 1 - i) * 22;
      expectClose(backwards.subarray(at, at + 22), wanted.subarray(i * 22, (i + 1) * 22), `${kind} of a store`);
    }
  });

  it('more queries than a batch holds', async () => {
    const retriever = retrieverOf();
    const words = 'a red dress is longer with stripes and much darker'.split(' ');
    const queries: Query[] = Array.from({ length: 75 }, (_, i) => ({
      image: i % 3 === 0 ? `image ${i % 37}` : shown[i % 37],
      text: [words[i % 10], words[(3 * i) % 10], words[(7 * i + 1) % 10]].slice(0, 1 + (i % 3)).join(' '),
    }));
    expectClose(await retriever.compose(queries, gallery), await oneByOne(retriever, queries), '75 queries');
  });

  it('a feature in a buffer comes among others', async () => {
    const queries = [
      { text: 'red' },
      { image: { feature: buffer, offset: 8 }, text: 'is longer' },
      { image: shown[3] },
    ];
    const there = { image: 'image 8', text: 'is longer' };
    const wanted = await oneByOne(retrieverOf(), [queries[0], there, queries[2]]);
    expectClose(await retrieverOf().compose(queries), wanted, 'three queries');
  });
});

it('no queries are no features', async () => {
  expect(await combining.compose([])).toEqual(new Float32Array(0));
});

it('features that were composed find what the search finds', async () => {
  const queries = Object.values(kinds).map((query) => ({ ...query, k: 5, offset: 2, exclude: ['image 9'] }));
  const features = await combining.compose(queries, store);
  for (const [i, query] of queries.entries()) {
    const [found] = await store.search(features.subarray(i * 22, (i + 1) * 22), storeSearchOf(query));
    const wanted = await combining.searchStore(store, query);
    expect(found.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
  }
});

describe('a query that cannot be composed', () => {
  const fine: Query = { text: 'a red dress' };
  const faultOf = async (queries: readonly Query[], among?: Gallery | FlatStore): Promise<QueryError> => {
    const error = await combining.compose(queries, among).catch((error) => error);
    expect(error).toBeInstanceOf(QueryError);
    expect(error).toBeInstanceOf(RangeError);
    return error;
  };
  const broken = new Blob(['no image']);
  const unreadable = { ...image(2, 2), width: 0 };

  it('is named by its index, whatever is wrong with it', async () => {
    const cases: [Query, string | RegExp][] = [
      [{}, 'queries[2]: expected a query with a reference image, a text or both, found neither'],
      [{ text: '' }, 'queries[2]: text: expected how the wanted image differs, found ""'],
      [{ text: 'xylophone' }, 'queries[2]: text: the model knows no word of "xylophone"'],
      [{ text: 'red '.repeat(30) }, 'queries[2]: a text has 32 tokens, the model reads at most 16'],
      [{ image: 'image 4', weights: { image: -1 } }, 'queries[2]: weights.image: expected a finite number'],
      [{ image: ['image 4', 'nowhere'] }, "queries[2]: the gallery has no image 'nowhere'"],
      [{ ...fine, avoid: { text: '' } }, 'queries[2]: text: expected'],
      [{ ...fine, avoid: { image: 'nowhere' } }, "queries[2]: the gallery has no image 'nowhere'"],
      [{ image: { feature: own.subarray(1) } }, 'queries[2]: feature: expected 22 finite values, found 21'],
      [{ image: [{ feature: buffer }, 'image 4'] }, 'queries[2]: a feature in a buffer is the only reference'],
      [{ image: { feature: buffer, offset: 12 } }, 'queries[2]: feature: expected 88 bytes'],
      [{ image: unreadable, text: 'red' }, 'queries[2]: RawImage: expected a positive width and height, found 0 x 2'],
      [{ image: [unreadable, 'image 4'] }, 'queries[2]: RawImage: expected a positive width and height, found 0 x 2'],
      [{ image: broken, text: 'red' }, /^queries\[2\]: /],
      [{ ...fine, k: 0 }, 'queries[2]: k: expected a whole number from 1 to 128, found 0'],
    ];
    for (const [query, message] of cases) {
      const error = await faultOf([fine, fine, query, fine], gallery);
      expect([error.query, [...error.faults.keys()]], String(message)).toEqual([2, [2]]);
      expect(() => {
        throw error;
      }).toThrow(message);
      expect(error.cause).toBe(error.faults.get(2));
    }
  });

  it('alone, too', async () => {
    for (const query of [{ text: '' }, { image: 'nowhere' }, { image: unreadable }, { k: 0 }]) {
      const { message, query: index } = await faultOf([query], gallery);
      expect(message).toMatch(/^queries\[0\]: /);
      expect(index).toBe(0);
    }
    expect((await faultOf([{ image: 'image 4' }])).message).toBe(
      "queries[0]: 'image 4' is an id: give the gallery or the store that has it",
    );
    expect((await faultOf([fine, { image: 'none' }], store)).message).toBe("queries[1]: the store has no image 'none'");
  });

  it('leaves the others to be answered', async () => {
    const queries = [{ image: unreadable }, fine, { image: [unreadable, shown[2]] }, { image: shown[3] }];
    const { faults, message } = await faultOf(queries);
    expect([...faults.keys()]).toEqual([0, 2]);
    expect(message).toMatch(/^queries\[0\]: .*\(and 1 more of the queries cannot be composed\)$/);
    const left = queries.filter((_, i) => !faults.has(i));
    expectClose(await combining.compose(left), await oneByOne(combining, left), 'the others');
  });
});

it('refuses a gallery and a store of another model', async () => {
  const other = await Retriever.load({ ...parts, preprocessing: { transform: 'targetpad', targetRatio: 2 }, device });
  await expect(other.compose([{ image: 'image 4' }], gallery)).rejects.toThrow(/another preprocessing/);
  await expect(other.compose([{ image: 'image 4' }], store)).rejects.toThrow(/another preprocessing/);
  await other.dispose();
});

describe('images that are encoded for a store', () => {
  it('have the features of a gallery', async () => {
    const { ids, features } = await summing.encodeImages(images);
    expect(ids).toEqual(gallery.ids);
    expect(features).toEqual(gallery.features);
    const few = await summing.encodeImages([...images].slice(0, 3));
    expect(few.ids).toEqual(gallery.ids.slice(0, 3));
    expectClose(few.features, gallery.features.subarray(0, 3 * 22), 'three images');
    expect(await summing.encodeImages([])).toEqual({ ids: [], features: new Float32Array(0) });
  });

  it('are left out where they cannot be read', async () => {
    const entries = [
      ['one', shown[0]],
      ['two', { ...image(2, 2), width: 0 }],
      ['three', shown[2]],
    ] as const;
    const unread: string[] = [];
    const { ids, features } = await summing.encodeImages(entries, { onUnreadable: (id) => unread.push(id) });
    expect([ids, unread]).toEqual([['one', 'three'], ['two']]);
    expectClose(features.subarray(22), gallery.features.subarray(44, 66), 'the third');
    await expect(summing.encodeImages(entries)).rejects.toThrow('found 0 x 2');
    await expect(summing.encodeImages([entries[0], entries[0]])).rejects.toThrow(
      "two images to be indexed are named 'one'",
    );
  });
});

it('a device that is lost costs a batch no more than time', async () => {
  const retriever = await Retriever.load({ ...parts, combiner });
  const index = await retriever.index(images);
  const queries = Object.values(kinds);
  const wanted = await retriever.compose(queries, index);
  const lose = async () => {
    const { gpu } = retriever.device;
    gpu.destroy();
    await gpu.lost;
  };
  await lose();
  expect(await retriever.compose(queries, index)).toEqual(wanted);
  const composing = [retriever.compose(queries, index), retriever.compose(queries.slice(3, 9), index)];
  await lose();
  const [all, some] = await Promise.all(composing);
  expect(all).toEqual(wanted);
  expectClose(some, wanted.subarray(3 * 22, 9 * 22), 'six of them');
  await index.dispose();
  await retriever.dispose();
  await expect(retriever.compose(queries)).rejects.toThrow('this retriever is disposed of');
});

it("a host's device that is lost is no fault of a query", async () => {
  const host = await openDevice();
  const retriever = await Retriever.load({ ...parts, device: host });
  host.close();
  await expect(retriever.compose([{ text: 'red' }, { image: shown[1] }])).rejects.toThrow(DeviceLostError);
  await retriever.dispose();
});
