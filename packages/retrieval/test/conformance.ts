// What every store must do: one suite for files, databases and shards. Answers are compared with a float64 reference,
// made of the features as the store keeps them.
import { uniform } from '@webcir/kernels/cases';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Filter, type Metadata, type Store, type StoreModel, type StoreSearch, similarTo } from '../src/index.ts';

/** A place for one store. */
export interface StorePlace {
  /** Opens the store that is there, and makes it where there is none. */
  open(model: StoreModel): Promise<Store>;
  remove(): Promise<void>;
}

const model: StoreModel = { dim: 22, fingerprint: 'model a' };
const colors = ['red', 'green', 'blue'];

interface Rows {
  readonly ids: string[];
  readonly features: Float32Array;
  readonly metadata: Metadata[];
}

/** Images with long and short features, some of them nearly the same as the one before. */
function rowsOf(count: number, seed = 1): Rows {
  const random = uniform(seed);
  const features = new Float32Array(count * model.dim);
  for (let row = 0; row < count; row++) {
    const length = 0.1 + 5 * random();
    const isCopy = row % 5 === 4;
    for (let i = 0; i < model.dim; i++) {
      const at = row * model.dim + i;
      features[at] = isCopy ? features[at - model.dim] * 1.5 + 0.01 * random() : (random() * 2 - 1) * length;
    }
  }
  return {
    ids: Array.from({ length: count }, (_, i) => (i % 7 === 3 ? `photos/é ${i} 👗.jpg` : `image-${i}`)),
    features,
    metadata: Array.from({ length: count }, (_, i) => ({
      color: colors[i % 3],
      price: i,
      ...(i % 2 === 0 && { tags: ['even', `t${i % 4}`] }),
      ...(i % 10 === 0 && { note: null, text: `a "quoted" \\ line\n${i}` }),
    })),
  };
}

const queriesOf = (count: number, seed = 99) =>
  Float32Array.from(
    { length: count * model.dim },
    (
      (random) => () =>
        random() * 2 - 1
    )(uniform(seed)),
  );

interface Known {
  readonly id: string;
  readonly feature: Float32Array;
  readonly metadata: Metadata;
}

/** All that a store holds. */
async function everything(store: Store): Promise<Known[]> {
  const known: Known[] = [];
  for await (const { ids, features, metadata } of store.items())
    for (const [i, id] of ids.entries())
      known.push({
        id,
        feature: features.slice(i * store.model.dim, (i + 1) * store.model.dim),
        metadata: metadata[i],
      });
  return known;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

const ranked = (known: readonly Known[], query: Float32Array) =>
  known
    .map(({ id, feature, metadata }) => ({ id, metadata, score: cosine(feature, query), feature }))
    .sort((a, b) => b.score - a.score);

/** Equal up to rounding: scores, and the ids and metadata of all but those that are as good as the one beside them. */
function expectHits(
  hits: readonly { id: string; score: number; metadata: Metadata }[],
  wanted: ReturnType<typeof ranked>,
) {
  expect(hits.length).toBe(wanted.length);
  const isNear = (a: number, b: number | undefined) => b !== undefined && Math.abs(a - b) < 2e-6;
  const isSure = (i: number) =>
    i < wanted.length - 1 &&
    !isNear(wanted[i].score, wanted[i - 1]?.score) &&
    !isNear(wanted[i].score, wanted[i + 1].score);
  expect(hits.findIndex(({ score }, i) => !isNear(score, wanted[i].score))).toBe(-1);
  const sure = <Image>(images: readonly Image[]) => images.filter((_, i) => isSure(i));
  const shown = (images: readonly { id: string; metadata: Metadata }[]) =>
    sure(images).map(({ id, metadata }) => ({ id, metadata }));
  expect(shown(hits)).toEqual(shown(wanted));
}

/**
 * Tests of what `Store` promises.
 * @param isExact whether searches are; an index that is approximate is held to the rest
 */
export function conformance(name: string, makePlace: () => Promise<StorePlace>, { isExact = true } = {}): void {
  describe(`a store, ${name}`, () => {
    let place: StorePlace;
    let store: Store;
    beforeEach(async () => {
      place = await makePlace();
      store = await place.open(model);
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });
    const reopen = async () => {
      await store.close();
      store = await place.open(model);
    };
    const search = async (query: Float32Array, wishes?: StoreSearch) => (await store.search(query, wishes))[0];
    const idsOf = (hits: readonly { id: string }[]) => hits.map(({ id }) => id);

    it('is empty at first, and finds nothing', async () => {
      expect(await store.count()).toBe(0);
      expect(await search(queriesOf(1))).toEqual([]);
      expect(await store.get(['none'])).toEqual([undefined]);
      expect(await store.delete(['none'])).toBe(0);
      expect(await everything(store)).toEqual([]);
    });

    it('keeps ids, features and metadata', async () => {
      const rows = rowsOf(40);
      await store.put(rows);
      await reopen();
      expect(await store.count()).toBe(40);
      const [third, none, first] = await store.get([rows.ids[3], 'none', rows.ids[0]]);
      expect(none).toBeUndefined();
      expect([first?.id, third?.id]).toEqual([rows.ids[0], rows.ids[3]]);
      expect([first?.metadata, third?.metadata]).toEqual([rows.metadata[0], rows.metadata[3]]);
      for (const [i, value] of third!.feature.entries())
        expect(Math.abs(value - rows.features[3 * model.dim + i])).toBeLessThan(2 ** -11 * 5.1);
      expect(idsOf(await everything(store)).sort()).toEqual([...rows.ids].sort());
      const asked = [39, 3, 3, 20, 0].map((row) => rows.ids[row]);
      for (const [i, image] of (await store.get(asked)).entries()) {
        expect(image?.id).toBe(asked[i]); // in any order, and twice where it is asked for twice
        const row = rows.ids.indexOf(asked[i]);
        expect(image?.metadata).toEqual(rows.metadata[row]);
        expect(image!.feature[1]).toBeCloseTo(rows.features[row * model.dim + 1], 2);
      }
    });

    it.runIf(isExact)('finds what is most like each of several queries, as the reference does', async () => {
      await store.put(rowsOf(300));
      await store.put(rowsOf(400, 2));
      const known = await everything(store);
      const queries = queriesOf(3);
      for (const k of [1, 10, 500]) {
        const lists = await store.search(queries, { k });
        expect(lists.length).toBe(3);
        for (const [q, hits] of lists.entries()) {
          const query = queries.subarray(q * model.dim, (q + 1) * model.dim);
          expectHits(hits, ranked(known, query).slice(0, k));
        }
      }
    });

    it.runIf(isExact)('filters by metadata', async () => {
      await store.put(rowsOf(300));
      const known = await everything(store);
      const query = queriesOf(1);
      const price = ({ metadata }: Known) => metadata.price as number;
      const hasTag = ({ metadata }: Known, tag: string) => ((metadata.tags ?? []) as string[]).includes(tag);
      const filters: [Filter, (image: Known) => boolean][] = [
        [{ color: 'red' }, ({ metadata }) => metadata.color === 'red'],
        [
          { color: { in: ['red', 'blue'] }, price: { lt: 20 } },
          (it) => it.metadata.color !== 'green' && price(it) < 20,
        ],
        [{ price: { gte: 100, lte: 103 } }, (it) => price(it) >= 100 && price(it) <= 103],
        [{ price: { gt: 295 } }, (it) => price(it) > 295],
        [{ price: 7 }, (it) => price(it) === 7],
        [{ price: { gt: '1' } }, () => false],
        [{ tags: { has: 't2' } }, (it) => hasTag(it, 't2')],
        [{ tags: { not: { has: 't2' } } }, (it) => !hasTag(it, 't2')],
        [{ color: { not: 'red', in: ['red', 'green'] } }, ({ metadata }) => metadata.color === 'green'],
        [[{ price: 1 }, { price: 2, color: 'blue' }, { price: 3, color: 'blue' }], (it) => [1, 2].includes(price(it))],
        [{ none: { not: 'x' } }, () => true],
        [{ note: { in: ['x'] } }, () => false],
        [{ toString: 'x' }, () => false],
        [{ text: { gte: 'a "quoted" \\' } }, ({ metadata }) => metadata.text !== undefined],
      ];
      for (const [filter, isWanted] of filters) {
        const wanted = known.filter(isWanted);
        expect(await store.count(filter), JSON.stringify(filter)).toBe(wanted.length);
        expectHits(await search(query, { filter, k: 12 }), ranked(wanted, query).slice(0, 12));
      }
      await store.delete([known.find((it) => it.metadata.price === 7)!.id]);
      expect(await store.count({ price: 7 })).toBe(0);
      expect(await search(query, { filter: { price: 7 } })).toEqual([]);
    });

    it.runIf(isExact)('ranks candidates alone, and leaves out what is excluded', async () => {
      const rows = rowsOf(300);
      await store.put(rows);
      const known = await everything(store);
      const query = queriesOf(1);
      const candidates = [...rows.ids.slice(3, 9), 'none', rows.ids[3]];
      const among = known.filter(({ id }) => candidates.includes(id));
      expectHits(await search(query, { candidates, k: 50 }), ranked(among, query));
      expect(await search(query, { candidates: [] })).toEqual([]);
      const [best, second] = ranked(among, query);
      const hits = await search(query, { candidates, exclude: [best.id, 'none'], filter: { color: { in: colors } } });
      expect(hits[0].id).toBe(second.id);
      const order = ranked(known, query);
      for (const left of [1, 150, 297]) {
        const exclude = order.slice(0, left).map(({ id }) => id);
        expectHits(await search(query, { exclude, k: 5 }), order.slice(left, left + 5));
      }
    });

    it.runIf(isExact)('gives pages that are the whole list, and no score below the least', async () => {
      await store.put(rowsOf(300));
      const query = queriesOf(1);
      const whole = await search(query, { k: 300 });
      const pages = await Promise.all([0, 7, 14, 140, 294, 301].map((offset) => search(query, { k: 7, offset })));
      for (const [i, offset] of [0, 7, 14, 140, 294, 301].entries())
        expect(pages[i]).toEqual(whole.slice(offset, offset + 7));
      const minScore = (whole[9].score + whole[10].score) / 2;
      expect(await search(query, { k: 300, minScore })).toEqual(whole.slice(0, 10));
      expect(await search(query, { k: 3, offset: 8, minScore })).toEqual(whole.slice(8, 10));
      expect(await search(query, { minScore: 1.1 })).toEqual([]);
    });

    it.runIf(isExact)('finds what is like an image that is stored, without it', async () => {
      const rows = rowsOf(60);
      await store.put(rows);
      const known = await everything(store);
      const { feature, id } = known.find((image) => image.id === rows.ids[8])!;
      const wanted = ranked(
        known.filter((image) => image.id !== id),
        feature,
      );
      expectHits(await similarTo(store, id, { k: 6 }), wanted.slice(0, 6));
      expect(wanted[0].id).toBe(rows.ids[9]); // made as its copy
      await expect(similarTo(store, 'none')).rejects.toThrow("no image 'none'");
    });

    it.runIf(isExact)('leaves out near-duplicates of better ones', async () => {
      await store.put(rowsOf(300));
      const known = await everything(store);
      const query = queriesOf(1);
      const distinct = 0.99;
      const wanted: ReturnType<typeof ranked> = [];
      for (const image of ranked(known, query))
        if (!wanted.some((better) => cosine(better.feature, image.feature) >= distinct)) wanted.push(image);
      expect(wanted.length).toBeLessThan(250); // 60 are nearly copies
      expectHits(await search(query, { distinct, k: 20 }), wanted.slice(0, 20));
      expectHits(await search(query, { distinct, k: 20, offset: 15 }), wanted.slice(15, 35));
      expectHits(await search(query, { distinct, k: 300 }), wanted);
    });

    it('replaces and deletes, also after it was opened again', async () => {
      const rows = rowsOf(50);
      await store.put(rows);
      await reopen();
      const other = rowsOf(50, 7);
      const changed = other.features.subarray(4 * model.dim, 5 * model.dim);
      await store.put({ ids: [rows.ids[4]], features: changed, metadata: [{ color: 'new' }] });
      await store.put({ ids: [rows.ids[4]], features: changed, metadata: [{ color: 'newest' }] });
      expect(await store.delete([rows.ids[5], rows.ids[6], rows.ids[5], 'none'])).toBe(2);
      const check = async () => {
        expect(await store.count()).toBe(48);
        const [replaced, deleted] = await store.get([rows.ids[4], rows.ids[5]]);
        expect(replaced?.metadata).toEqual({ color: 'newest' });
        expect(deleted).toBeUndefined();
        const [hit] = await search(changed, { k: 1 });
        expect([hit.id, hit.metadata]).toEqual([rows.ids[4], { color: 'newest' }]);
        expect(hit.score).toBeGreaterThan(0.9999);
        const all = idsOf(await search(changed, { k: 100 }));
        expect(new Set(all).size).toBe(48);
        expect(all).not.toContain(rows.ids[6]);
        expect(await store.count({ color: 'newest' })).toBe(1);
      };
      await check();
      await reopen();
      await check();
      await store.put({ ids: [rows.ids[5]], features: changed });
      expect(await store.count()).toBe(49);
      expect((await store.get([rows.ids[5]]))[0]?.metadata).toEqual({});
    });

    it('takes the last of those that have one id', async () => {
      const { features } = rowsOf(3);
      await store.put({ ids: ['a', 'b', 'a'], features, metadata: [{ n: 1 }, { n: 2 }, { n: 3 }] });
      expect(await store.count()).toBe(2);
      expect((await store.get(['a']))[0]?.metadata).toEqual({ n: 3 });
    });

    it('tells ids apart to the byte', async () => {
      const { features } = rowsOf(3);
      const ids = ['\u00e9', 'e\u0301', '../a\n"b\\'];
      await store.put({ ids, features });
      await reopen();
      expect(idsOf((await store.get(ids)) as Known[])).toEqual(ids);
      expect(await store.count()).toBe(3);
    });

    it('takes a feature of zeros, which is like nothing', async () => {
      await store.put({ ids: ['zero', 'one'], features: new Float32Array(2 * model.dim).fill(1, model.dim) });
      const [hits] = await store.search(new Float32Array(model.dim).fill(2));
      expect(hits.map(({ id, score }) => [id, Math.round(score * 1e5) / 1e5])).toEqual([
        ['one', 1],
        ['zero', 0],
      ]);
    });

    it('sees writes that overlap in the order in which they were asked for', async () => {
      const rows = rowsOf(20);
      const one = (i: number) => ({
        ids: ['same'],
        features: rows.features.subarray(i * model.dim, (i + 1) * model.dim),
        metadata: [{ i }],
      });
      await Promise.all([...Array.from({ length: 20 }, (_, i) => store.put(one(i))), store.search(queriesOf(1))]);
      expect(await store.count()).toBe(1);
      expect((await store.get(['same']))[0]?.metadata).toEqual({ i: 19 });
    });

    it('refuses features of another model, by its name', async () => {
      await store.put(rowsOf(3));
      await store.close();
      const other = place.open({ dim: 22, fingerprint: 'model b' });
      await expect(other).rejects.toThrow(/another CLIP or preprocessing.*model a.*model b/);
      await expect(place.open({ dim: 24, fingerprint: 'model a' })).rejects.toThrow(/22 values .*24/);
      store = await place.open(model);
      expect(await store.count()).toBe(3);
    });

    it('refuses what is no feature and no search, and stores nothing of it', async () => {
      const rows = rowsOf(4);
      const wrong = rows.features.slice();
      wrong[2 * model.dim + 3] = Number.NaN;
      await expect(store.put({ ...rows, features: wrong })).rejects.toThrow(/NaN for image-2/);
      await expect(store.put({ ...rows, features: wrong.subarray(1) })).rejects.toThrow(/rows of 22 values/);
      await expect(store.put({ ...rows, ids: ['a'] })).rejects.toThrow(/expected 1 features/);
      await expect(store.put({ ...rows, metadata: [{}] })).rejects.toThrow(/expected 4 metadata/);
      await expect(store.put({ ...rows, ids: ['a', 'b', 'c', '\ud800'] })).rejects.toThrow('id: expected text');
      expect(await store.count()).toBe(0);
      const query = queriesOf(1);
      const cases: [StoreSearch, RegExp][] = [
        [{ k: 0 }, /k: expected a whole number from 1 on, found 0/],
        [{ offset: -1 }, /offset: /],
        [{ minScore: Number.NaN }, /minScore: /],
        [{ distinct: 2 }, /distinct: /],
        [{ filter: { price: { about: 3 } } as unknown as Filter }, /field 'price'.*"about"/],
        [{ filter: { price: { lt: true } } as unknown as Filter }, /field 'price'.*for lt, found true/],
        [{ filter: 'price' as unknown as Filter }, /filter: expected fields/],
      ];
      for (const [wishes, message] of cases) await expect(store.search(query, wishes)).rejects.toThrow(message);
      await expect(store.search(new Float32Array(21))).rejects.toThrow(/rows of 22 values/);
      await expect(store.search(new Float32Array(22).fill(Number.NaN))).rejects.toThrow(/finite/);
    });

    it('does nothing more when it is closed', async () => {
      await store.close();
      await expect(store.search(queriesOf(1))).rejects.toThrow(/closed/);
      await expect(store.put(rowsOf(1))).rejects.toThrow(/closed/);
      store = await place.open(model);
    });
  });
}
