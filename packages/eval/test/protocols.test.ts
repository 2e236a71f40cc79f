import type { CirDataset, Triplet } from '@webcir/data';
import { MAX_NEIGHBOURS } from '@webcir/retrieval';
import { describe, expect, it } from 'vitest';
import { fashionIqOriginal, fashionIqOriginalWithoutReference, fashionIqValSplit } from '../src/protocols/fashioniq.ts';
import { protocolNamed, protocolsFor } from '../src/protocols/index.ts';
import { mteb } from '../src/protocols/mteb.ts';

const triplet = (reference: string, target: string, targets?: string[]): Triplet => ({
  id: `${reference} ${target}`,
  category: 'dress',
  reference,
  target,
  captions: ['is longer'],
  ...(targets && { targets }),
});

const datasetOf = (name: string, triplets: Triplet[]): CirDataset => ({
  name,
  categories: ['dress'],
  splits: ['val'],
  uses: { validation: 'val', test: 'val' },
  triplets: () => triplets,
  gallery: () => ['a', 'b', 'c', 'd', 'e'],
  image: () => Promise.reject(new Error('not opened here')),
  file: () => undefined,
  version: async () => '',
});

describe('FashionIQ', () => {
  const dataset = datasetOf('fashioniq', [triplet('d', 'b'), triplet('b', 'a')]);

  it('has three protocols, which differ in the gallery and in what becomes of the reference', () => {
    const three = [fashionIqOriginal, fashionIqOriginalWithoutReference, fashionIqValSplit];
    expect(protocolsFor(dataset)).toEqual([...three, mteb]);
    expect(three.map((protocol) => protocol.parts(dataset, 'val')[0].gallery.join(''))).toEqual([
      'abcde',
      'abcde',
      'abd',
    ]);
    expect(three.map(({ removesReference }) => removesReference)).toEqual([false, true, true]);
  });

  it("keeps the model with CLIP4Cir's best average recall", () => {
    expect(fashionIqOriginal.criteria.map(({ of }) => of({ recall_at10: 30, recall_at50: 50 }))).toEqual([40]);
  });
});

describe('mteb', () => {
  it('is one part of all images, in which a query that is asked twice has both answers', () => {
    const queries = {
      dress: [triplet('d', 'b'), triplet('b', 'a')],
      shirt: [
        { ...triplet('d', 'e'), category: 'shirt' },
        { ...triplet('d', 'a'), captions: ['is shorter'] },
      ],
    };
    const dataset: CirDataset = {
      ...datasetOf('fashioniq', []),
      categories: ['dress', 'shirt'],
      splits: ['train', 'val'],
      triplets: () => [...queries.dress, ...queries.shirt],
      gallery: (split) => (split === 'val' ? ['d', 'b', 'a', 'e'] : ['x', 'd']),
    };
    const [part, ...others] = mteb.parts(dataset, 'val');
    expect(others).toEqual([]);
    expect(part.gallery).toEqual(['x', 'd', 'b', 'a', 'e']);
    expect(part.triplets).toEqual([{ ...queries.dress[0], targets: ['b', 'e'] }, queries.dress[1], queries.shirt[1]]);
  });
});

describe('every protocol', () => {
  const own = datasetOf('my images', [triplet('a', 'b')]);
  const several = datasetOf('my images', [triplet('a', 'b', ['b', 'c'])]);
  const datasets = [
    ...['fashioniq', 'fmnist-cir', 'emoji-cir', 'cirr', 'circo'].map((name) => datasetOf(name, [])),
    own,
    several,
  ];
  const protocols = new Set(datasets.flatMap(protocolsFor));

  it('is found by its name, which no other has, and says in a sentence what it is', () => {
    expect([...protocols].map(({ name }) => protocolNamed(name))).toEqual([...protocols]);
    for (const { description } of protocols) expect(description).toMatch(/^[A-Z][^.]*(Avg\. the)?[^.]*\.$/);
    expect(protocolNamed('fashioniq')).toBeUndefined();
  });

  it('ranks as many images as its metrics look at, and no more than can be ranked', () => {
    for (const { metrics, depth, removesReference } of protocols) {
      const deepest = Math.max(...metrics.map(({ key }) => Number(/\d+$/.exec(key)![0])));
      expect(depth).toBeGreaterThanOrEqual(deepest);
      expect(depth + Number(removesReference)).toBeLessThanOrEqual(MAX_NEIGHBOURS);
    }
  });

  it('counts several targets only where the data set knows them', () => {
    const keysOf = (dataset: CirDataset) => protocolsFor(dataset)[0].metrics.map(({ key }) => key);
    expect(keysOf(own)).toEqual(['recall_at10', 'recall_at50']);
    expect(keysOf(several)).toEqual(['recall_at10', 'recall_at50', 'map_at10']);
    expect(keysOf(datasetOf('circo', []))).toEqual(['map_at5', 'map_at10', 'map_at25', 'map_at50']);
  });
});
