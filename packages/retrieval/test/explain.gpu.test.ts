// What a query is made of: against what `search` finds, and against a Combiner in plain float64 loops.
import { textTokenizer, uploadClip } from '@webcir/clip';
import { openDevice } from '@webcir/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gallery, type Query, Retriever, TextEncoderPrograms } from '../src/index.ts';
import { combinerTensors, image, images, model, sizes, tokenizer } from './small.ts';

const device = await openDevice();
afterAll(() => device.close());

const retrievers: Record<string, Retriever> = {};
let gallery: Gallery;
beforeAll(async () => {
  retrievers.sum = await Retriever.load({ clip: model, tokenizer, device });
  const combiner = { config: sizes, tensors: combinerTensors };
  retrievers.Combiner = await Retriever.load({ clip: model, combiner, tokenizer, device });
  gallery = await retrievers.sum.index(images);
});
afterAll(async () => {
  await gallery.dispose();
  for (const retriever of Object.values(retrievers)) await retriever.dispose();
});

const text = 'is longer with much darker stripes';
const length = (x: Iterable<number>) => Math.hypot(...x);

/** Expects that ranking all images by a feature finds what a search finds. */
async function expectRanks(feature: Float32Array | undefined, retriever: Retriever, query: Query) {
  const found = await retriever.search(gallery, { ...query, k: 37 });
  const scores = gallery.scores(feature!);
  for (const { id, score } of found) expect(scores[gallery.rowOf(id)!]).toBeCloseTo(score, 5);
  expect(length(feature!)).toBeCloseTo(1, 5);
}

describe.each(['sum', 'Combiner'])('with the %s', (name) => {
  const composed: Query[] = [
    { image: 'image 3', text },
    { image: image(13, 12), text },
    { image: ['image 3', { image: 'image 9', weight: 2 }], text },
    { image: 'image 3', text, weights: { image: 1, text: 3 } },
    { image: 'image 3', text, weights: { image: 2, text: 1 }, avoid: { text: 'red', image: 'image 4' } },
  ];
  it.each(composed)('the query feature is the one that a search ranks by: %#', async (query) => {
    const explained = await retrievers[name].explain(gallery, query);
    await expectRanks(explained.query, retrievers[name], query);
    await expectRanks(explained.text, retrievers[name], { text });
    const { image: reference } = query;
    const withoutText = await retrievers[name].search(gallery, { image: reference, k: 30 });
    const scores = gallery.scores(explained.image!);
    for (const { id, score } of withoutText) expect(scores[gallery.rowOf(id)!]).toBeCloseTo(score, 5);
  });

  it('each word is left out of the same query', async () => {
    const { words } = await retrievers[name].explain(gallery, { image: 'image 3', text });
    expect(words.map(({ word }) => word)).toEqual(text.split(' '));
    for (const [i, { query }] of words.entries()) {
      const rest = text.split(' ').toSpliced(i, 1).join(' ');
      await expectRanks(query, retrievers[name], { image: 'image 3', text: rest });
    }
    const short = await retrievers[name].explain(gallery, { image: 'image 3', text }, { words: false });
    expect(short.words).toEqual([]);
    await expectRanks(short.query, retrievers[name], { image: 'image 3', text });
  });

  it('a query without a text, or without an image, is all that it has', async () => {
    const shown = await retrievers[name].explain(gallery, { image: 'image 3' });
    expect(shown.query).toEqual(shown.image);
    expect([shown.text, shown.combiner, shown.words]).toEqual([undefined, undefined, []]);
    const said = await retrievers[name].explain(gallery, { text: 'stripes' });
    await expectRanks(said.query, retrievers[name], { text: 'stripes' });
    expect([said.image, said.combiner, said.words]).toEqual([undefined, undefined, []]);
  });

  it('a query that is none, and a feature of another width, are refused', async () => {
    await expect(retrievers[name].explain(gallery, {})).rejects.toThrow(/neither/);
    await expect(retrievers[name].explain(gallery, { image: 'no such' })).rejects.toThrow("no image 'no such'");
    expect(() => gallery.scores(new Float32Array(3))).toThrow('feature: expected 22 values, found 3');
  });
});

describe('the Combiner', () => {
  it('mixed as it says', async () => {
    const { combiner } = await retrievers.Combiner.explain(gallery, { image: 'image 3', text });
    const weights = new Map(
      await Promise.all([...combinerTensors].map(async ([key, { read }]) => [key, [...(await read())]] as const)),
    );
    const layer = (x: readonly number[], layerName: string) => {
      const weight = weights.get(`${layerName}.weight`)!;
      return weights
        .get(`${layerName}.bias`)!
        .map((bias, out) => x.reduce((sum, value, i) => sum + value * weight[out * x.length + i], bias));
    };
    const relu = (x: readonly number[]) => x.map((value) => Math.max(value, 0));
    const shown = [...gallery.featureOf('image 3')];
    const said = [...(await rawText())];
    const both = [...relu(layer(said, 'text_projection_layer')), ...relu(layer(shown, 'image_projection_layer'))];
    const learned = layer(relu(layer(both, 'combiner_layer')), 'output_layer');
    const lambda = 1 / (1 + Math.exp(-layer(relu(layer(both, 'dynamic_scalar.0')), 'dynamic_scalar.3')[0]));
    expect(combiner!.lambda).toBeCloseTo(lambda, 5);
    const terms = {
      image: shown.map((value) => (1 - lambda) * value),
      text: said.map((value) => lambda * value),
      learned,
    };
    const query = learned.map((_, i) => terms.image[i] + terms.text[i] + terms.learned[i]);
    const square = query.reduce((sum, value) => sum + value ** 2, 0);
    for (const [term, values] of Object.entries(terms)) {
      const share = values.reduce((sum, value, i) => sum + value * query[i], 0) / square;
      expect(combiner!.shares[term as keyof typeof terms]).toBeCloseTo(share, 4);
    }
    expect(Object.values(combiner!.shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  });

  it('is not there where it did nothing', async () => {
    expect((await retrievers.sum.explain(gallery, { image: 'image 3', text })).combiner).toBeUndefined();
  });
});

/** The text's feature, not normalized. */
async function rawText(): Promise<Float32Array> {
  const clip = await uploadClip(device, model);
  const texts = new TextEncoderPrograms(device, model.config, clip.weights);
  const feature = await texts.encode([textTokenizer(model, tokenizer)(text).rows]);
  await texts.dispose();
  await clip.dispose();
  return feature;
}
