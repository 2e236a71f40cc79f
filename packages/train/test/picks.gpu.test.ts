// Tuning on what a visitor has picked, in Node and in a page: searches lead to the picks afterwards.
import { openDevice } from '@webcir/kernels';
import { type Gallery, Retriever } from '@webcir/retrieval';
import { images, model, tokenizer } from '@webcir/retrieval/test/small';
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

const texts = ['a red dress', 'is longer', 'with stripes', 'much darker', 'is longer with stripes', 'a dress'];
const picks: Picked[] = texts.map((text, i) => ({
  reference: `image ${i}`,
  text,
  target: `image ${36 - 3 * i}`,
}));

/** Ranks of the picked images, over all picks. */
async function ranks(retriever: Retriever): Promise<number[]> {
  const found = await Promise.all(
    picks.map(({ reference, text }) => retriever.search(gallery, { image: reference, text, k: 37 })),
  );
  return found.map((list, i) => list.find(({ id }) => id === picks[i].target)!.rank);
}
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

it('brings the images that were picked to the front, in the gallery as it is', async () => {
  const before = await ranks(plain);
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
  const after = await ranks(tuned);
  await tuned.dispose();
  expect(mean(after)).toBeLessThan(mean(before) / 3);
});

it('says what is wrong with picks', async () => {
  const fails = (wrong: readonly Picked[]) =>
    expect(trainOnPicks({ device, model, tokenizer, gallery, picks: wrong })).rejects;
  await fails(picks.slice(0, 1)).toThrow('expected at least two picks to tell apart, found 1');
  await fails([picks[0], { ...picks[1], target: 'image 99' }]).toThrow("no feature for 'image 99'");
});
