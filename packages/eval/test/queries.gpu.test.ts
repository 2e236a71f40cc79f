// Ranking by protocols, and CLIP4Cir's own numbers: metrics (validate.py) and submissions (cirr_test_submission.py).
import { floats, loadFixture } from '@webcir/clip/test/reference';
import type { CirDataset, Triplet } from '@webcir/data';
import { openDevice } from '@webcir/kernels';
import { tableOf } from '@webcir/retrieval';
import { afterAll, describe, expect, it } from 'vitest';
import {
  answersOf,
  cirrSubmission,
  overallScores,
  type Protocol,
  protocolNamed,
  queriesOf,
  rankQueries,
  ranksOf,
} from '../src/index.ts';
import retrieval from './fixtures/retrieval.json' with { type: 'json' };

const device = await openDevice();
afterAll(() => device.close());

const features = await loadFixture(new URL('./fixtures/retrieval.safetensors', import.meta.url));
const { names } = retrieval;
const dim = features.tensors.get('index_features')!.shape[1];
const table = tableOf(names, dim, floats(features, 'index_features'));

const triplets = retrieval.targets.map(
  (target, query): Triplet => ({
    id: String(1000 + query),
    category: 'all',
    reference: names[retrieval.references[query]],
    target: names[target],
    captions: ['is darker'],
    group: retrieval.groups[query].map((image) => names[image]),
  }),
);

const datasetOf = (queries: readonly Triplet[], gallery: readonly string[] = names): CirDataset => ({
  name: 'random',
  categories: ['all'],
  splits: ['val'],
  uses: { validation: 'val', test: 'val' },
  triplets: () => queries,
  gallery: () => gallery,
  image: () => Promise.reject(new Error('not opened here')),
  file: () => undefined,
  version: async () => '',
});

const protocol = (name: string): Protocol => protocolNamed(name)!;

async function ranked(by: Protocol, dataset: CirDataset, queries: Float32Array) {
  const categories = queriesOf(dataset, 'val', by, () => []);
  const none = async () => new Float32Array();
  const [ranking] = await rankQueries(device, by, categories, table, none, () => queries);
  return { ...ranking, ids: (row: ArrayLike<number>) => Array.from(row, (index) => categories[0].gallery[index]) };
}

async function scored(by: Protocol, dataset: CirDataset, queries: Float32Array) {
  const [answers] = queriesOf(dataset, 'val', by, () => []).map((category) => answersOf(category, by));
  const { rankings, groups } = await ranked(by, dataset, queries);
  const ranks = rankings.map((row, query) => ranksOf(row, answers[query], groups[query]));
  return overallScores(by, [{ category: 'all', ranks }]);
}

/** torch's `(sum(labels) / len(labels)).item() * 100` divides in float32. */
const asTorch = (percent: number) => Math.fround(percent / 100) * 100;

describe('against CLIP4Cir', () => {
  const queries = floats(features, 'query_features');

  it("has FashionIQ's and CIRR's validation metrics exactly", async () => {
    for (const [name, expected] of [
      ['fashioniq-original', retrieval.fashioniq],
      ['cirr', retrieval.cirr],
    ] as const) {
      const found = Object.entries(await scored(protocol(name), datasetOf(triplets), queries));
      const named = found.filter(([key]) => key in expected);
      expect(Object.fromEntries(named.map(([key, value]) => [key, asTorch(Number(value))]))).toEqual(expected);
    }
  });

  it("has CIRR's test submission to the byte, without knowing the targets", async () => {
    const secret = triplets.map(({ target: _, ...triplet }) => triplet);
    const { rankings, groups, ids } = await ranked(protocol('cirr'), datasetOf(secret), queries);
    const found = { recall: rankings, recall_subset: groups.map((row) => Array.from(row).slice(0, 3)) };
    for (const metric of ['recall', 'recall_subset'] as const) {
      const expected = retrieval.cirr_test[metric];
      expect(found[metric].map((row) => Array.from(row))).toEqual(expected.found);
      const text = cirrSubmission(metric, new Map(secret.map(({ id }, query) => [id, ids(found[metric][query])])));
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
      const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
      expect(hex, metric).toBe(expected.sha256);
    }
  });
});

describe('ranking by a protocol', () => {
  // Image i is as near to the query as the i-th number says; two are equally near.
  const nearness = [0.9, 0.5, 0.7, 0.5, 0.1, 0.3];
  const images = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];
  const query = Float32Array.of(1, 0);
  const byNearness = tableOf(images, 2, Float32Array.from(nearness.flatMap((x) => [x, Math.sqrt(1 - x * x)])));
  const triplet = { id: '7', category: 'all', reference: 'p0', target: 'p3', captions: ['is darker'], group: images };

  const rankingBy = async (name: string, queries: Triplet[]) => {
    const categories = queriesOf(datasetOf(queries, images), 'val', protocol(name), () => []);
    const [{ rankings, groups }] = await rankQueries(
      device,
      protocol(name),
      categories,
      byNearness,
      async () => query,
      () => query,
    );
    const ids = (row: ArrayLike<number>) => Array.from(row, (index) => categories[0].gallery[index]).join(' ');
    return [ids(rankings[0]), ...groups.map(ids)];
  };

  it('keeps or removes the reference, in the gallery of the protocol, ties in its order', async () => {
    expect(await rankingBy('fashioniq-original', [triplet])).toEqual(['p0 p2 p1 p3 p5 p4']);
    expect(await rankingBy('fashioniq-original-without-reference', [triplet])).toEqual(['p2 p1 p3 p5 p4']);
    expect(await rankingBy('fashioniq-val-split', [triplet])).toEqual(['p3']);
    expect(await rankingBy('cirr', [triplet])).toEqual(['p2 p1 p3 p5 p4', 'p2 p1 p3 p5 p4']);
  });

  it('names the triplet that a protocol cannot rank or judge', () => {
    const judge = (name: string, changes: Partial<Triplet>) => () =>
      queriesOf(datasetOf([{ ...triplet, ...changes }], images), 'val', protocol(name), () => []).map((category) =>
        answersOf(category, protocol(name)),
      );
    expect(judge('cirr', {})).not.toThrow();
    expect(judge('cirr', { group: undefined })).toThrow('triplet 7 has no group of look-alikes');
    expect(judge('cirr', { group: ['p0', 'p3', 'p9'] })).toThrow('triplet 7: "p9" of its group is not in the gallery');
    expect(judge('cirr', { group: ['p0', 'p1'] })).toThrow('the target of triplet 7, "p3", is not in its group');
    expect(judge('cirr', { target: 'p0' })).toThrow('is its reference, which cirr takes out');
    expect(judge('fashioniq-original', { target: 'p0' })).not.toThrow();
    expect(judge('fashioniq-original', { target: 'p9' })).toThrow('"p9", is not in the gallery');
    expect(judge('circo', { target: undefined })).toThrow(
      'triplet 7 has no target: the answers of its split are secret',
    );
  });

  it('names the place of a caption that the model cannot read', () => {
    const read = (dataset: CirDataset) => () =>
      queriesOf(dataset, 'val', protocol('cirr'), (text) => {
        throw new RangeError(`too long: ${text}`);
      });
    const dataset = datasetOf([triplet], images);
    expect(read({ ...dataset, place: (split, id) => `${split}.json, entry ${id}` })).toThrow(
      'val.json, entry 7: too long: is darker',
    );
    expect(read(dataset)).toThrow('triplet 7: too long: is darker');
  });
});
