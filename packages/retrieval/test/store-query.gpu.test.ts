// A store is asked as a gallery is: the same queries find the same images.
import { imageFingerprint } from '@webcir/clip';
import { openDevice } from '@webcir/kernels';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FlatStore, type Gallery, memoryFiles, type Query, Retriever } from '../src/index.ts';
import { combinerTensors, images, model, sizes, tokenizer } from './small.ts';

const device = await openDevice();
let retriever: Retriever;
let gallery: Gallery;
let store: FlatStore;
beforeAll(async () => {
  const combiner = { config: sizes, tensors: combinerTensors };
  retriever = await Retriever.load({ clip: model, combiner, tokenizer, device });
  gallery = await retriever.index(images);
  const dim = retriever.config.embedDim;
  const fingerprint = await gallery.fingerprint();
  store = await FlatStore.open(memoryFiles(), { device, model: { dim, fingerprint }, storage: 'F32' });
  const metadata = gallery.ids.map((_, row) => ({ row }));
  await store.put({ ids: gallery.ids, features: gallery.features, metadata });
});
afterAll(async () => {
  await store.close();
  await gallery.dispose();
  await retriever.dispose();
  device.close();
});

it('finds in a store what it finds in a gallery', async () => {
  const shown = images.get('image 5')!;
  const queries: Query[] = [
    { text: 'a red dress' },
    { image: 'image 4' },
    { image: shown, text: 'is longer' },
    { image: ['image 2', { image: shown, weight: 3 }], text: 'is longer', weights: { image: 1, text: 3 } },
    { image: 'image 2', text: 'is longer', avoid: { text: 'stripes', image: 'image 9' }, exclude: ['image 7'] },
    { image: 'image 2', text: 'is longer', minScore: 0.1, k: 20 },
  ];
  for (const query of queries) {
    const wanted = await retriever.search(gallery, query);
    const found = await retriever.searchStore(store, query);
    expect(found.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
    for (const [i, { score, metadata, id }] of found.entries()) {
      expect(Math.abs(score - wanted[i].score)).toBeLessThan(2e-6);
      expect(metadata).toEqual({ row: gallery.ids.indexOf(id) });
    }
  }
});

it('asks for pages, filters, candidates and no near-duplicates', async () => {
  const query = { image: 'image 4', text: 'is longer' };
  const whole = await retriever.searchStore(store, { ...query, k: 37 });
  expect(await retriever.searchStore(store, { ...query, k: 5, offset: 3 })).toEqual(whole.slice(3, 8));
  const filtered = await retriever.searchStore(store, { ...query, k: 37, filter: { row: { lt: 9 } } });
  expect(filtered).toEqual(whole.filter(({ metadata }) => (metadata.row as number) < 9));
  const candidates = ['image 3', 'image 30', 'none'];
  const among = await retriever.searchStore(store, { ...query, candidates });
  expect(among).toEqual(whole.filter(({ id }) => candidates.includes(id)));
  expect(await retriever.searchStore(store, { ...query, k: 37, distinct: -0.999 })).toEqual(whole.slice(0, 1));
});

it('refuses an id that the store does not have, and a store of another preprocessing', async () => {
  await expect(retriever.searchStore(store, { image: 'none' })).rejects.toThrow("the store has no image 'none'");
  const fingerprint = await imageFingerprint(model, { transform: 'targetpad', targetRatio: 1.25 });
  const dim = retriever.config.embedDim;
  const other = await FlatStore.open(memoryFiles(), { device, model: { dim, fingerprint } });
  await expect(retriever.searchStore(other, { text: 'a red dress' })).rejects.toThrow(/another preprocessing/);
  await other.close();
});
