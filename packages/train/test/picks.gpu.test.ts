// Tuning on what a visitor has picked, in Node and in a page: searches lead to the picks afterwards.
import { textTokenizer, uploadClip } from '@webcir/clip';
import { type CombinerModel, combine, combinerModel, uploadCombiner } from '@webcir/combiner';
import { openDevice } from '@webcir/kernels';
import { Fusion, featureRows, type Gallery, Retriever, TextEncoderPrograms, tableOf } from '@webcir/retrieval';
import { combinerTensors, images, model, random, tokenizer } from '@webcir/retrieval/test/small';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Picked, trainOnPicks } from '../src/index.ts';

const device = await openDevice();
let gallery: Gallery;
let plain: Retriever;
beforeAll(async () => {
  plain = await Retriever.load({ clip: model, tokenizer, device });
  gallery = await plain.index(images);
});
afterAll(async () => {
  await gallery.dispose();
  await plain.dispose();
  device.close();
});

const ids = [...images.keys()];
const texts = ['a red dress', 'is longer', 'with stripes', 'much darker', 'is longer with stripes', 'a dress'];
const picks: Picked[] = texts.map((text, i) => ({
  reference: `image ${i}`,
  text,
  target: `image ${36 - 3 * i}`,
}));

/** Ranks of the picked images, in the whole gallery. */
async function ranks(retriever: Retriever, picks: readonly Picked[]): Promise<number[]> {
  const found = await Promise.all(
    picks.map(({ reference, text }) => retriever.search(gallery, { image: reference, text, k: 37 })),
  );
  return found.map((list, i) => list.find(({ id }) => id === picks[i].target)!.rank);
}
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

it('brings the images that were picked to the front, in the gallery as it is', async () => {
  const before = await ranks(plain, picks);
  const epochs: string[] = [];
  const options = { numEpochs: 20, learningRate: 1e-3, projectionDim: 32, hiddenDim: 64 };
  const trained = await trainOnPicks({
    device,
    model,
    tokenizer,
    gallery,
    picks,
    options,
    onEvent(event) {
      if (event.type === 'epoch') epochs.push(event.stage);
    },
  });
  trained.clip.dispose();
  expect(epochs).toEqual([...Array(20).fill('stage 1'), ...Array(20).fill('stage 2')]);
  const { model: clip, combiner } = trained;
  const tuned = await Retriever.load({ clip, combiner, tokenizer, device });
  const after = await ranks(tuned, picks);
  await tuned.dispose();
  expect(mean(after)).toBeLessThan(mean(before) / 3);
});

it.each([1, 3])(
  'goes on with a Combiner: %i picks come to the front, and other searches find much what they did',
  async (count) => {
    // Features in all directions, as a random CLIP does not make them.
    const spread = { ids, features: Float32Array.from({ length: 22 * ids.length }, () => random() - 0.5) };
    const table = tableOf(ids, 22, spread.features);
    const combiner = combinerModel(combinerTensors);
    const searches = ids.map((reference, i) => ({ reference, text: texts[i % texts.length] }));
    const references = featureRows(table, ids);
    const clip = await uploadClip(device, model);
    const encoder = new TextEncoderPrograms(device, model.config, clip.weights);
    const words = await encoder.encode(searches.map(({ text }) => textTokenizer(model, tokenizer)(text).rows));
    await encoder.dispose();
    clip.dispose();
    /** For each search the whole gallery, best first. */
    const orders = async (given: CombinerModel): Promise<string[][]> => {
      const weights = await uploadCombiner(device, given);
      const fusion = await Fusion.create(device, 22, (image, text) =>
        combine(image, text, (name) => weights.tensor(name)),
      );
      const queries = await fusion.run(references, words);
      fusion.dispose();
      weights.dispose();
      const score = (query: number, row: number) => {
        const feature = references.subarray(row * 22, (row + 1) * 22);
        const dot = feature.reduce((sum, value, i) => sum + value * queries[query * 22 + i], 0);
        return dot / Math.hypot(...feature);
      };
      return searches.map((_, query) =>
        ids.toSorted((a, b) => score(query, ids.indexOf(b)) - score(query, ids.indexOf(a))),
      );
    };
    const before = await orders(combiner);
    const few = searches.slice(0, count).map((search, i) => ({ ...search, target: before[i][9] }));
    let steps = 0;
    const trained = await trainOnPicks({
      ...{ device, model, tokenizer, combiner, picks: few },
      gallery: spread,
      options: { combinerLr: 3e-3, combinerEpochs: 15 },
      onEvent: ({ type }) => {
        if (type === 'step') steps++;
      },
    });
    trained.clip.dispose();
    expect(steps).toBe(15);
    expect(trained.combiner!.config).toEqual(combiner.config);
    const after = await orders(trained.combiner!);
    const picked = few.map(({ target }, i) => after[i].indexOf(target) + 1);
    const moves = before
      .slice(count)
      .flatMap((order, i) => order.map((id, rank) => Math.abs(after[count + i].indexOf(id) - rank)));
    for (const rank of picked) expect(rank).toBeLessThanOrEqual(3);
    // Of the images of other searches, by how many places one moves: two orders that have nothing in common differ by
    // (n² - 1) / 3n on average.
    const unrelated = (ids.length ** 2 - 1) / (3 * ids.length);
    expect(mean(moves)).toBeLessThan(unrelated / 2);
  },
);

it('says what is wrong with picks', async () => {
  const fails = (wrong: readonly Picked[]) =>
    expect(trainOnPicks({ device, model, tokenizer, gallery, picks: wrong })).rejects;
  await fails([]).toThrow('picks: expected at least one, found none');
  await fails([picks[0], { ...picks[1], target: 'image 99' }]).toThrow("no feature for 'image 99'");
});
