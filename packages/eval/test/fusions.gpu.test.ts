// Queries without training: each fusion against plain loops in float64, and ranked under a protocol.
import type { CirDataset, Triplet } from '@webcir/data';
import { openDevice } from '@webcir/kernels';
import { tableOf } from '@webcir/retrieval';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type CategoryFeatures,
  protocolNamed,
  queriesOf,
  type RankedBy,
  rankQueries,
  TRAINING_FREE,
  type TrainingFree,
  trainingFree,
} from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const dim = 5;
const waves = (rows: number, phase: number) =>
  Float32Array.from({ length: rows * dim }, (_, i) => 3 * Math.sin(i * i + phase) + phase / 2);
const features: CategoryFeatures = { dim, image: waves(4, 1), text: waves(4, 2), gallery: waves(9, 3) };

type Vector = readonly number[];
const rows = (values: ArrayLike<number>): Vector[] =>
  Array.from({ length: values.length / dim }, (_, row) => Array.from({ length: dim }, (_, i) => values[row * dim + i]));
const dot = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const unit = (x: Vector) => x.map((value) => value / Math.sqrt(dot(x, x)));
const cosine = (a: Vector, b: Vector) => dot(unit(a), unit(b));
const mean = (list: readonly Vector[]) => list[0].map((_, i) => list.reduce((sum, x) => sum + x[i], 0) / list.length);
const minus = (a: Vector, b: Vector) => a.map((value, i) => value - b[i]);
const [images, texts, gallery] = [features.image, features.text, features.gallery].map(rows);
const [meanImage, meanText] = [mean(gallery.map(unit)), mean(texts.map(unit))];
const rank = (scores: readonly number[], at: number) => 1 + scores.filter((score) => score > scores[at]).length;

/** The score of an image for a query, from the definition. */
const plain: Readonly<Record<TrainingFree, (query: number, at: number, weight: number) => number>> = {
  'weighted-sum': (query, at, weight) => {
    const [image, text] = [unit(images[query]), unit(texts[query])];
    return cosine(
      image.map((value, i) => (1 - weight) * value + weight * text[i]),
      gallery[at],
    );
  },
  slerp: (query, at, weight) => {
    const [image, text] = [unit(images[query]), unit(texts[query])];
    const angle = Math.acos(dot(image, text));
    // The part of the text that is at right angles to the image, turned by a part of the angle between them.
    const across = unit(
      minus(
        text,
        image.map((value) => value * dot(image, text)),
      ),
    );
    const turned = image.map((value, i) => Math.cos(weight * angle) * value + Math.sin(weight * angle) * across[i]);
    return cosine(turned, gallery[at]);
  },
  'centred-sum': (query, at) => {
    const centred = [minus(unit(images[query]), meanImage), minus(unit(texts[query]), meanText)];
    return cosine(
      centred[0].map((value, i) => value + centred[1][i]),
      minus(unit(gallery[at]), meanImage),
    );
  },
  product: (query, at) =>
    Math.max(0, cosine(images[query], gallery[at])) * Math.max(0, cosine(texts[query], gallery[at])),
  rrf: (query, at) =>
    [images, texts].reduce(
      (sum, side) =>
        sum +
        1 /
          (60 +
            rank(
              gallery.map((x) => cosine(side[query], x)),
              at,
            )),
      0,
    ),
};

/** The scores of the gallery for a query, whatever it is ranked by. */
function scoresOf(by: RankedBy, query: number): number[] {
  if ('scores' in by) return Array.from(by.scores(query));
  const [queries, candidates] = 'queries' in by ? [rows(by.queries), rows(by.gallery)] : [rows(by), gallery];
  return candidates.map((candidate) => cosine(queries[query], candidate));
}

const names = Object.keys(TRAINING_FREE) as TrainingFree[];

describe.each(names)('%s', (name) => {
  it.each([0, 0.3, 0.5, 1])('scores the gallery as it is defined, with a weight of the text of %f', (weight) => {
    const by = trainingFree(name, weight).rankedBy(features);
    for (const query of images.keys()) {
      for (const [at, score] of scoresOf(by, query).entries())
        expect(Math.abs(score - plain[name](query, at, weight)), `query ${query}, image ${at}`).toBeLessThan(2e-6);
    }
  });

  it('ranks a gallery without the reference, and a group in it', async () => {
    const ids = gallery.map((_, i) => `image ${i}`);
    const group = [0, 1, 2, 3, 5, 8].map((i) => ids[i]);
    const triplets = images.map(
      (_, i): Triplet => ({
        id: String(i),
        category: 'all',
        reference: ids[i],
        target: ids[5],
        captions: ['x'],
        group,
      }),
    );
    const dataset: CirDataset = {
      name: 'plain',
      categories: ['all'],
      splits: ['val'],
      uses: { validation: 'val', test: 'val' },
      triplets: () => triplets,
      gallery: () => ids,
      image: () => Promise.reject(new Error('not opened here')),
      file: () => undefined,
      version: async () => '',
    };
    const protocol = protocolNamed('cirr')!;
    const table = tableOf(ids, dim, features.gallery);
    const categories = queriesOf(dataset, 'val', protocol, () => []);
    const fusion = trainingFree(name);
    const [found] = await rankQueries(
      device,
      protocol,
      categories,
      table,
      async () => features.text,
      (given) => {
        // A reference is an image of the gallery here.
        expect(given.image).toEqual(features.gallery.subarray(0, 4 * dim));
        return fusion.rankedBy({ ...given, image: features.image });
      },
    );
    const by = fusion.rankedBy(features);
    for (const [query, ranking] of found.rankings.entries()) {
      const scores = scoresOf(by, query);
      const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b).filter((at) => at !== query);
      expect(Array.from(ranking), `query ${query}`).toEqual(order);
      const mates = order.filter((at) => group.includes(ids[at]));
      expect(Array.from(found.groups[query])).toEqual(mates);
    }
  });
});

it('does not take two bad scores for a good one', () => {
  const opposite = {
    dim: 2,
    image: Float32Array.of(1, 0),
    text: Float32Array.of(1, 0.1),
    gallery: Float32Array.of(-1, 0, 1, 5),
  };
  const by = trainingFree('product').rankedBy(opposite);
  expect(Array.from('scores' in by ? by.scores(0) : [])).toEqual([0, expect.closeTo(1.5 / (26 * Math.sqrt(1.01)), 5)]);
});
