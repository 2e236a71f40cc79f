// What a query can say beyond one image and one text, against plain sums in float64.
import { textTokenizer, uploadClip } from '@webcir/clip';
import { combine, uploadCombiner } from '@webcir/combiner';
import { openDevice } from '@webcir/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fusion, type Gallery, type Query, Retriever, TextEncoderPrograms } from '../src/index.ts';
import { combinerTensors, image, images, model, sizes, tokenizer } from './small.ts';

const device = await openDevice();
afterAll(() => device.close());

type Vector = readonly number[];
const unit = (x: Vector): Vector => x.map((value) => value / Math.hypot(...x));
const plus = (x: Vector, y: Vector, scale = 1): Vector => x.map((value, i) => value + scale * y[i]);
const times = (x: Vector, scale: number): Vector => x.map((value) => value * scale);

let summing: Retriever;
let combining: Retriever;
let gallery: Gallery;
let feature: (id: string) => Vector;
let textFeature: (text: string) => Promise<Vector>;
let combined: (image: Vector, text: Vector) => Promise<Vector>;
const cleanUp: (() => unknown)[] = [];

beforeAll(async () => {
  summing = await Retriever.load({ clip: model, tokenizer, device });
  const combiner = { config: sizes, tensors: combinerTensors };
  combining = await Retriever.load({ clip: model, combiner, tokenizer, device });
  gallery = await summing.index(images);
  feature = (id) => [...gallery.featureOf(id)];
  const clip = await uploadClip(device, model);
  const texts = new TextEncoderPrograms(device, model.config, clip.weights);
  textFeature = async (text) => [...(await texts.encode([textTokenizer(model, tokenizer)(text).rows]))];
  const uploaded = await uploadCombiner(device, combiner);
  const fusion = await Fusion.create(
    device,
    22,
    (shown, text) => combine(shown, text, (name) => uploaded.tensor(name)),
    1,
  );
  combined = async (shown, text) => [...(await fusion.run(Float32Array.from(shown), Float32Array.from(text)))];
  cleanUp.push(fusion.dispose.bind(fusion), () => texts.dispose(), clip.dispose, uploaded.dispose.bind(uploaded));
});
afterAll(async () => {
  for (const dispose of [...cleanUp, () => gallery.dispose(), () => summing.dispose(), () => combining.dispose()])
    await dispose();
});

/** The whole gallery by cosine similarity to a query feature, best first. */
function rank(query: Vector, without: readonly string[] = []): { id: string; score: number }[] {
  const q = unit(query);
  return gallery.ids
    .filter((id) => !without.includes(id))
    .map((id) => ({ id, score: unit(feature(id)).reduce((sum, value, i) => sum + value * q[i], 0) }))
    .sort((a, b) => b.score - a.score);
}

async function expectFound(retriever: Retriever, query: Query, expected: readonly { id: string; score: number }[]) {
  const found = await retriever.search(gallery, { k: 37, ...query });
  expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  for (const [i, { rank, score }] of found.entries()) {
    expect(rank).toBe(i + 1);
    expect(Math.abs(score - expected[i].score)).toBeLessThan(2e-6);
  }
}

describe('a query', () => {
  it('of a text alone, or of an image alone, which is then left out', async () => {
    for (const retriever of [summing, combining]) {
      await expectFound(retriever, { text: 'a red dress' }, rank(await textFeature('a red dress')));
      await expectFound(retriever, { image: 'image 4' }, rank(feature('image 4'), ['image 4']));
      await expectFound(retriever, { image: images.get('image 4')! }, rank(feature('image 4')));
    }
  });

  it('of several references takes the weighted mean of their features', async () => {
    const text = 'is longer';
    const mean = plus(times(feature('image 2'), 1 / 4), feature('image 9'), 3 / 4);
    const references = [images.get('image 2')!, { image: 'image 9', weight: 3 }] as const;
    await expectFound(summing, { image: references, text }, rank(plus(mean, await textFeature(text))));
    await expectFound(combining, { image: references, text }, rank(await combined(mean, await textFeature(text))));
    const one = { image: [{ image: 'image 9', weight: 3 }], text };
    await expectFound(summing, one, rank(plus(feature('image 9'), await textFeature(text))));
  });

  it('weighs image and text', async () => {
    const [shown, text] = [feature('image 5'), await textFeature('much darker')];
    const query = { image: 'image 5', text: 'much darker' };
    await expectFound(summing, { ...query, weights: { image: 2, text: 0.5 } }, rank(plus(times(shown, 2), text, 0.5)));
    await expectFound(summing, { ...query, weights: { text: 0 } }, rank(shown, ['image 5']));
    await expectFound(combining, { ...query, weights: { image: 0 } }, rank(text));
    const both = await combined(shown, text);
    await expectFound(combining, { ...query, weights: { image: 7, text: 7 } }, rank(both));
    // Three quarters text: halfway from the Combiner's feature to the text's.
    await expectFound(combining, { ...query, weights: { text: 3 } }, rank(plus(unit(both), unit(text))));
    await expectFound(combining, { ...query, weights: { image: 3 } }, rank(plus(unit(both), unit(shown))));
  });

  it('moves away from words and images', async () => {
    const wanted = unit(plus(feature('image 1'), await textFeature('a dress')));
    const words = await textFeature('stripes');
    const query = { image: 'image 1', text: 'a dress' };
    await expectFound(summing, { ...query, avoid: { text: 'stripes' } }, rank(plus(wanted, unit(words), -0.5)));
    const three = [words, feature('image 3'), feature('image 8')].map(unit);
    const away = times(
      three.reduce((sum, x) => plus(sum, x)),
      0.9 / 3,
    );
    const avoid = { text: ['stripes'], image: ['image 3', images.get('image 8')!], weight: 0.9 };
    await expectFound(summing, { ...query, avoid }, rank(plus(wanted, away, -1)));
    await expectFound(summing, { ...query, avoid: { ...avoid, weight: 0 } }, rank(wanted));
  });

  it('leaves out what is excluded, though it be more than the device finds at once', async () => {
    const all = rank(plus(feature('image 1'), await textFeature('a dress')));
    const query = { image: 'image 1', text: 'a dress' };
    const exclude = ['image 1', all[1].id, all[2].id, 'elsewhere'];
    const left = all.filter(({ id }) => !exclude.includes(id));
    await expectFound(summing, { ...query, exclude }, left);
    await expectFound(summing, { ...query, exclude: new Set(exclude), k: 5 }, left.slice(0, 5));
    const many = await summing.restore(
      Array.from({ length: 40 * 37 }, (_, i) => `${gallery.ids[i % 37]} / ${Math.floor(i / 37)}`),
      Float32Array.from({ length: 40 * gallery.features.length }, (_, i) => gallery.features[i % (37 * 22)]),
    );
    const shown = images.get('image 1')!;
    const best = all.slice(0, 9).flatMap(({ id }) => Array.from({ length: 40 }, (_, i) => `${id} / ${i}`));
    const found = await summing.search(many, { image: shown, text: 'a dress', exclude: best.slice(0, 330), k: 40 });
    expect(found.map(({ id }) => id).slice(0, 30)).toEqual(best.slice(330));
    expect(Math.abs(found[0].score - all[8].score)).toBeLessThan(2e-6);
    expect(Math.abs(found[39].score - all[9].score)).toBeLessThan(2e-6);
    expect(await summing.search(many, { image: shown, text: 'a dress', exclude: many.ids })).toEqual([]);
    await many.dispose();
  });

  it('finds nothing where nothing reaches the least score', async () => {
    const all = rank(plus(feature('image 1'), await textFeature('a dress')));
    const query = { image: 'image 1', text: 'a dress' };
    const minScore = (all[6].score + all[7].score) / 2;
    await expectFound(summing, { ...query, minScore }, all.slice(0, 7));
    expect(await summing.search(gallery, { ...query, minScore: 1.01 })).toEqual([]);
  });

  it('says what is out of range', async () => {
    const search = (query: Query) => expect(summing.search(gallery, query)).rejects;
    const query = { image: 'image 1', text: 'a dress' };
    await search({}).toThrow('expected a query with a reference image, a text or both, found neither');
    await search({ image: [] }).toThrow('found neither');
    await search({ ...query, weights: { image: 0, text: 0 } }).toThrow('weights: expected one above 0');
    await search({ text: 'red', weights: { text: 0 } }).toThrow('weights: expected one above 0');
    await search({ ...query, weights: { image: -1 } }).toThrow(
      'weights.image: expected a finite number from 0 on, found -1',
    );
    await search({ image: [{ image: 'image 1', weight: 0 }] }).toThrow(
      'weight of a reference: expected a finite number above 0, found 0',
    );
    await search({ ...query, avoid: { text: 'red', weight: Number.NaN } }).toThrow('avoid.weight: expected');
    await search({ ...query, avoid: { text: '' } }).toThrow('expected how the wanted image differs, found ""');
    await search({ ...query, avoid: { image: 'nowhere' } }).toThrow("the gallery has no image 'nowhere'");
    await search({ ...query, minScore: Number.NaN }).toThrow('minScore: expected a cosine similarity, found NaN');
    await search({ image: ['image 1', 'nowhere'] }).toThrow("the gallery has no image 'nowhere'");
    await search({ image: image(0, 3) }).toThrow('expected a positive width and height, found 0 x 3');
  });
});
