// A whole search in a host application's command encoder and buffers.
import { openDevice } from '@webcir/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gallery, type Query, type RecordedSearch, Retriever } from '../src/index.ts';
import { combinerTensors, images, model, sizes, tokenizer } from './small.ts';

const device = await openDevice();
const { gpu } = device;
const storage = { STORAGE: 0x80, COPY_DST: 0x8, COPY_SRC: 0x4, MAP_READ: 0x1 };
let retriever: Retriever;
let gallery: Gallery;
beforeAll(async () => {
  const combiner = { config: sizes, tensors: combinerTensors };
  retriever = await Retriever.load({ clip: model, combiner, tokenizer, device: gpu });
  gallery = await retriever.index(images);
});
afterAll(async () => {
  await gallery.dispose();
  await retriever.dispose();
  device.close();
});

const bufferFor = (count: number, usage = storage.STORAGE | storage.COPY_DST | storage.COPY_SRC) =>
  gpu.createBuffer({ size: 4 * count, usage });

async function read(buffer: GPUBuffer): Promise<ArrayBuffer> {
  const staging = bufferFor(buffer.size / 4, storage.MAP_READ | storage.COPY_DST);
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  gpu.queue.submit([encoder.finish()]);
  await device.wait(staging.mapAsync(1) as Promise<undefined>);
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  return bytes;
}

/** Counts calls of the queue's `submit` and of everything that waits, while `work` goes on. */
async function countCalls(work: () => Promise<void>): Promise<Record<string, number>> {
  const calls: Record<string, number> = { submit: 0, onSubmittedWorkDone: 0, createBuffer: 0, popErrorScope: 0 };
  const owners = { submit: gpu.queue, onSubmittedWorkDone: gpu.queue, createBuffer: gpu, popErrorScope: gpu };
  for (const [name, owner] of Object.entries(owners)) {
    const original = owner[name as never] as (...given: unknown[]) => unknown;
    const value = (...given: unknown[]) => {
      calls[name]++;
      return original.apply(owner, given);
    };
    Object.defineProperty(owner, name, { configurable: true, value });
  }
  await work().finally(() => {
    for (const [name, owner] of Object.entries(owners)) Reflect.deleteProperty(owner, name);
  });
  return calls;
}

const queries: readonly Query[] = [
  { image: images.get('image 3')!, text: 'is longer' },
  { image: 'image 5', text: 'a red dress', k: 37 },
  { image: ['image 5', { image: 'image 9', weight: 2 }], text: 'a red dress', weights: { image: 2 } },
  { text: 'much darker', avoid: { image: 'image 1' } },
];

it('a feature that something else has made is searched with where it is', async () => {
  const text = 'is longer';
  const feature = gallery.featureOf('image 5');
  const expected = await retriever.search(gallery, { image: 'image 5', text });
  expect(await retriever.search(gallery, { image: { feature: feature.slice() }, text })).toEqual(expected);
  const buffer = bufferFor(30);
  gpu.queue.writeBuffer(buffer, 16, feature as Float32Array<ArrayBuffer>);
  const image = { feature: buffer, offset: 16 };
  expect(await retriever.search(gallery, { image, text })).toEqual(expected);
  const scores = bufferFor(10);
  const encoder = gpu.createCommandEncoder();
  await retriever.encode(encoder, { gallery, query: { image, text }, scores });
  gpu.queue.submit([encoder.finish()]);
  expect([...new Float32Array(await read(scores))]).toEqual(expected.map(({ score }) => score));
  const fails = (image: Query['image']) => expect(retriever.search(gallery, { image, text })).rejects;
  await fails({ feature: feature.subarray(1) }).toThrow('feature: expected 22 finite values, found 21 values');
  await fails({ feature: buffer, offset: 40 }).toThrow('expected 88 bytes from a multiple of 4 on, found 120 from 40');
  await fails([image, 'image 3']).toThrow('a feature in a buffer is the only reference of a query');
  const hidden = bufferFor(22, storage.STORAGE);
  await fails({ feature: hidden }).toThrow('feature: expected a buffer with the usage COPY_SRC, found usage 128');
  for (const made of [buffer, scores, hidden]) made.destroy();
});

describe('an image that is on the device', () => {
  const shown = images.get('image 11')!;
  const { width, height } = shown;
  const rgba = Uint8Array.from({ length: 4 * width * height }, (_, i) =>
    i % 4 === 3 ? 255 : shown.data[3 * Math.floor(i / 4) + (i % 4)],
  );
  const texture = gpu.createTexture({ size: [width, height], format: 'rgba8unorm', usage: 0x2 | 0x4 });
  gpu.queue.writeTexture({ texture }, rgba, { bytesPerRow: 4 * width }, [width, height]);
  const pixels = bufferFor(width * height);
  gpu.queue.writeBuffer(pixels, 0, rgba);
  afterAll(() => [texture, pixels].map((made) => made.destroy()));

  it('is searched with, weighed and indexed like its pixels, to the bit', async () => {
    const text = 'is longer';
    const expected = await retriever.search(gallery, { image: shown, text });
    for (const image of [texture, { texture }, { buffer: pixels, width, height }])
      expect(await retriever.search(gallery, { image, text })).toEqual(expected);
    const two = await retriever.search(gallery, { image: [shown, 'image 4'], text, avoid: { image: shown } });
    expect(await retriever.search(gallery, { image: [texture, 'image 4'], text, avoid: { image: texture } })).toEqual(
      two,
    );
    const mixed = await retriever.index([...images].map(([id, image], i) => [id, i % 3 === 2 ? texture : image]));
    const plain = await retriever.index([...images].map(([id, image], i) => [id, i % 3 === 2 ? shown : image]));
    expect(mixed.features).toEqual(plain.features);
    await mixed.dispose();
    await plain.dispose();
  });

  it('is recorded with the rest, without a submit or a wait', async () => {
    const query = { image: texture, text: 'is longer' };
    const expected = await retriever.search(gallery, query);
    const scores = bufferFor(10);
    await retriever.encode(gpu.createCommandEncoder(), { gallery, query, scores });
    const encoder = gpu.createCommandEncoder();
    const calls = await countCalls(() => retriever.encode(encoder, { gallery, query, scores }));
    expect(calls).toEqual({ submit: 0, onSubmittedWorkDone: 0, createBuffer: 0, popErrorScope: 0 });
    gpu.queue.submit([encoder.finish()]);
    expect([...new Float32Array(await read(scores))]).toEqual(expected.map(({ score }) => score));
    scores.destroy();
  });
});

describe('Retriever.encode', () => {
  it('leaves in buffers what search finds, without a submit or a wait of its own', async () => {
    for (const query of queries) {
      const expected = await retriever.search(gallery, query);
      const [scores, indices] = [bufferFor(expected.length), bufferFor(expected.length)];
      const recorded = { gallery, query, scores, indices };
      await retriever.encode(gpu.createCommandEncoder(), recorded); // makes the program
      const encoder = gpu.createCommandEncoder();
      const calls = await countCalls(() => retriever.encode(encoder, recorded));
      expect(calls).toEqual({ submit: 0, onSubmittedWorkDone: 0, createBuffer: 0, popErrorScope: 0 });
      // A search in between does not disturb what waits to be submitted.
      await retriever.search(gallery, { image: 'image 2', text: 'with stripes' });
      gpu.queue.submit([encoder.finish()]);
      expect([...new Float32Array(await read(scores))]).toEqual(expected.map(({ score }) => score));
      const rows = [...new Uint32Array(await read(indices))];
      expect(rows.map((row) => gallery.ids[row])).toEqual(expected.map(({ id }) => id));
      for (const buffer of [scores, indices]) buffer.destroy();
    }
  });

  it('says what cannot be recorded, and which buffer is too small', async () => {
    const scores = bufferFor(10);
    const fails = (query: Query, buffers: Partial<RecordedSearch> = { scores }) =>
      expect(retriever.encode(gpu.createCommandEncoder(), { gallery, query, ...buffers })).rejects;
    const query = { image: 'image 1', text: 'a dress' };
    const shown = images.get('image 1')!;
    await fails({ ...query, avoid: { text: 'stripes' } }).toThrow('encode: words to avoid cannot be recorded');
    await fails({ ...query, avoid: { image: shown } }).toThrow('an image to avoid that is not in the gallery');
    await fails({ ...query, image: [shown, 'image 2'] }).toThrow(
      'one of several references that is not in the gallery',
    );
    await fails({ ...query, exclude: ['image 1'] }).toThrow('what to exclude');
    await fails({ ...query, minScore: 0.5 }).toThrow('a least score');
    await fails({ ...query, k: 11 }).toThrow('scores: expected a buffer of 44 bytes, found 40');
    const indices = bufferFor(10, storage.STORAGE);
    await fails(query, { indices }).toThrow('indices: expected a buffer with the usage COPY_DST, found usage 128');
    for (const buffer of [scores, indices]) buffer.destroy();
  });
});
