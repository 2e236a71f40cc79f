// Of a model, only what a query needs is read, and nothing twice.
import {
  type ByteSource,
  type ClipModel,
  imageFingerprint,
  lightClip,
  memorySource,
  openSafetensors,
  readClipModel,
  storeClipModel,
} from '@webcir/clip';
import { openDevice } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { Retriever } from '../src/index.ts';
import { blobOf, images, model, tokenizer } from './small.ts';

const device = await openDevice();
afterAll(() => device.close());

/** A source that counts how often each of its bytes is read. */
function counted(bytes: Uint8Array): ByteSource & { readonly reads: Uint8Array } {
  const source = memorySource(bytes, 'clip');
  const reads = new Uint8Array(bytes.length);
  return {
    ...source,
    reads,
    async read(offset, length) {
      for (let i = offset; i < offset + length; i++) reads[i]++;
      return (await source.read(offset, length)).slice();
    },
  };
}

/** Where the tensors of a file lie: [from, to) by name. */
async function rangesOf(bytes: Uint8Array): Promise<Map<string, [number, number]>> {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const { __metadata__: _, ...tensors } = header as Record<string, { data_offsets: [number, number] }>;
  const places = Object.entries(tensors).map(
    ([
      name,
      {
        data_offsets: [from, to],
      },
    ]): [string, [number, number]] => [name, [8 + length + from, 8 + length + to]],
  );
  return new Map(places);
}

const stored = async (clip: ClipModel) =>
  new Uint8Array(await (await blobOf(storeClipModel(clip, 'F32'))).arrayBuffer());

describe.each(['single precision', 'int8'])('a file in %s', (storage) => {
  it('is read as far as queries need it', async () => {
    const bytes = await stored(storage === 'int8' ? (await lightClip(model)).model : model);
    const ranges = await rangesOf(bytes);
    const source = counted(bytes);
    /** How often the bytes of tensors are read, as the numbers that occur. */
    const readsOf = (isMeant: (name: string) => boolean) => {
      const all = [...ranges]
        .filter(([name]) => isMeant(name))
        .flatMap(([, range]) => [...source.reads.slice(...range)]);
      return [...new Set(all)].sort();
    };
    const isVisual = (name: string) => name.startsWith('visual.');
    const isToken = (name: string) => name.startsWith('token_embedding.weight');
    /** Rows of the token table that have been read. */
    const tokenRows = () => {
      const [from, to] = ranges.get('token_embedding.weight')!;
      const width = (to - from) / model.vocabulary!.length;
      return model.vocabulary!.filter((_, row) => source.reads[from + row * width] > 0);
    };
    const retriever = await Retriever.load({ clip: source, tokenizer, device });
    expect(readsOf(isVisual)).toEqual([0]);
    expect(tokenRows()).toEqual([]);

    const ids = ['a', 'b', 'c'];
    const features = Float32Array.from({ length: 3 * 22 }, (_, i) => Math.sin(i));
    const gallery = await retriever.restore(ids, features);
    const found = await retriever.search(gallery, { image: 'b', text: 'a red dress' });
    await retriever.search(gallery, { image: 'a', text: 'a dress' });
    expect(readsOf(isVisual)).toEqual([0]);
    expect(readsOf((name) => !isVisual(name) && !isToken(name) && !name.startsWith('logit'))).toEqual([1]);
    const spoken = [tokenizer.startOfText, ...tokenizer.encode('a red dress'), tokenizer.endOfText];
    expect(tokenRows()).toEqual([...new Set(spoken)].sort((a, b) => a - b));

    await retriever.search(gallery, { image: images.get('image 1')!, text: 'is longer', avoid: { text: 'stripes' } });
    await retriever.search(gallery, { image: images.get('image 2')!, text: 'is longer' });
    expect(readsOf((name) => !isToken(name))).toEqual([1]);
    expect(readsOf(isToken)).toEqual([0, 1]);

    // The whole table, from a model in memory, is as good.
    const inMemory = readClipModel(await openSafetensors(memorySource(bytes, 'clip')));
    const tensors = new Map([...inMemory.tensors].map(([name, { rows: _, ...tensor }]) => [name, tensor]));
    const whole = await Retriever.load({ clip: { ...inMemory, tensors }, tokenizer, device });
    expect(await whole.search(gallery, { image: 'b', text: 'a red dress' })).toEqual(found);
    for (const made of [gallery, retriever, whole]) await made.dispose();
  });
});

it('light weights search a gallery of the model that they were made of, without reading their image encoder', async () => {
  const full = await Retriever.load({ clip: model, tokenizer, device });
  const gallery = await full.index(images);
  const source = counted(await stored((await lightClip(model)).model));
  const light = await Retriever.load({ clip: source, tokenizer, device });
  const query = { image: 'image 3', text: 'is longer', k: 5 };
  const [found, expected] = [await light.search(gallery, query), await full.search(gallery, query)];
  for (const [i, { score }] of found.entries()) expect(Math.abs(score - expected[i].score)).toBeLessThan(0.02);
  const fingerprint = await imageFingerprint(model, full.preprocessing);
  expect(await gallery.fingerprint()).toBe(fingerprint);
  await (await light.restore(gallery.ids, gallery.features, fingerprint)).dispose();
  const [from, to] = (await rangesOf(await stored((await lightClip(model)).model))).get('visual.conv1.weight')!;
  expect(source.reads.slice(from, to).some((count) => count > 0)).toBe(false);
  // What light weights encode themselves is of another model.
  const own = await light.index(images);
  await expect(full.search(own, query)).rejects.toThrow('the gallery was made by another CLIP');
  await expect(light.restore(gallery.ids, gallery.features, '0'.repeat(32))).rejects.toThrow('another CLIP');
  for (const made of [own, gallery, light, full]) await made.dispose();
});
