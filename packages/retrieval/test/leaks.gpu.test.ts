// Nothing is left behind on the device, however often models are loaded and images searched.
import { openDevice } from '@webcir/kernels';
import { afterAll, expect, it } from 'vitest';
import { Retriever } from '../src/index.ts';
import { combinerTensors, images, model, sizes, tokenizer } from './small.ts';

const device = await openDevice();
afterAll(() => device.close());

/** Bytes of the buffers that are on the device, by wrapping what makes and frees them. */
const live = new Map<GPUBuffer, number>();
const create = device.gpu.createBuffer.bind(device.gpu);
Object.defineProperty(device.gpu, 'createBuffer', {
  value: (descriptor: GPUBufferDescriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    live.set(buffer, descriptor.size);
    Object.defineProperty(buffer, 'destroy', {
      value: () => {
        live.delete(buffer);
        destroy();
      },
    });
    return buffer;
  },
});
const bytes = () => [...live.values()].reduce((sum, size) => sum + size, 0);

const combiner = { config: sizes, tensors: combinerTensors };
const load = () => Retriever.load({ clip: model, combiner, tokenizer, device });
const shown = [...images.values()];
const captions = ['a red dress', 'is longer', 'with stripes and much darker'];
const queryOf = (i: number) => ({
  image: [shown[i % 37], `image ${i % 30}`].slice(0, 1 + (i % 2)),
  text: captions[i % 3],
  ...(i % 5 === 0 && { avoid: { text: 'stripes' }, weights: { image: 2 } }),
  ...(i % 7 === 0 && { exclude: [`image ${i % 11}`] }),
});

it('1,000 queries take the memory of the first ones', async () => {
  const retriever = await load();
  const gallery = await retriever.index(images);
  // Every kind twice: by then the engine has compiled what it is going to.
  for (let i = 0; i < 440; i++) await retriever.search(gallery, queryOf(i));
  const [buffers, before] = [live.size, bytes()];
  const heap = await heapUsed();
  for (let i = 0; i < 1000; i++) await retriever.search(gallery, queryOf(i));
  expect({ buffers: live.size, bytes: bytes() }).toEqual({ buffers, bytes: before });
  expect((await heapUsed()) - heap).toBeLessThan(400e3); // a promise kept for each query were 800 kB
  await gallery.dispose();
  await retriever.dispose();
  expect(live.size).toBe(0);
});

it('500 batches of queries take the memory of the first ones', async () => {
  const retriever = await load();
  const gallery = await retriever.index(images);
  const batchOf = (i: number) => Array.from({ length: 1 + (i % 9) }, (_, at) => queryOf(i + at));
  for (let i = 0; i < 220; i++) await retriever.compose(batchOf(i), gallery);
  const [buffers, before] = [live.size, bytes()];
  const heap = await heapUsed();
  for (let i = 0; i < 500; i++) await retriever.compose(batchOf(i), gallery);
  expect({ buffers: live.size, bytes: bytes() }).toEqual({ buffers, bytes: before });
  expect((await heapUsed()) - heap).toBeLessThan(400e3);
  await gallery.dispose();
  await retriever.dispose();
  expect(live.size).toBe(0);
});

it('50 retrievers, one after the other, leave nothing', async () => {
  const round = async (i: number) => {
    const retriever = await load();
    const gallery = await retriever.index(images);
    await retriever.search(gallery, queryOf(5 * i));
    await retriever.compose([queryOf(i), queryOf(5 * i)], gallery);
    if (i % 2) await gallery.dispose();
    await retriever.dispose();
    await gallery.dispose();
    expect(live.size).toBe(0);
  };
  for (let i = 0; i < 5; i++) await round(i);
  const heap = await heapUsed();
  for (let i = 5; i < 55; i++) await round(i);
  expect((await heapUsed()) - heap).toBeLessThan(1e6); // models and features of one round are 200 kB
});

it('a gallery that stays keeps nothing of the retrievers that searched it', async () => {
  const first = await load();
  const gallery = await first.index(images);
  const before = bytes();
  for (let i = 0; i < 5; i++) {
    const other = await load();
    await other.search(gallery, queryOf(i));
    await other.dispose();
  }
  expect(bytes()).toBe(before);
  await gallery.dispose();
  await first.dispose();
});

/** Bytes of live objects. In a page, vitest.browser.config.ts has Chromium offer `gc`, and count exactly. */
async function heapUsed(): Promise<number> {
  const collect = await collector();
  // What promises and finalizers hold goes with the turns of the event loop.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (typeof process !== 'undefined') return process.memoryUsage().heapUsed;
  return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
}

async function collector(): Promise<() => void> {
  if (typeof process === 'undefined') return (globalThis as unknown as { gc: () => void }).gc;
  const [{ setFlagsFromString }, { runInNewContext }] = [await import('node:v8'), await import('node:vm')];
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
