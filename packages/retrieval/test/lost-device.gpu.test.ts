// Devices that are lost: a retriever's own is opened again, a host's is waited for.
import type { RawImage } from '@webcir/clip';
import { DeviceLostError, GpuError, NoAdapterError, openDevice } from '@webcir/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gallery, Retriever } from '../src/index.ts';
import { ModelsKeeper } from '../src/models-keeper.ts';
import { ModelsOnDevice } from '../src/models-on-device.ts';
import { readModels } from '../src/read-models.ts';
import { combinerTensors, images, model, sizes, tokenizer } from './small.ts';

const parts = { clip: model, combiner: { config: sizes, tensors: combinerTensors }, tokenizer };
const query = { image: images.get('image 3')!, text: 'is longer', avoid: { text: 'stripes' }, k: 5 };
/** As a driver that is reset takes it away. */
const lose = async (retriever: Retriever) => {
  const { gpu } = retriever.device;
  gpu.destroy();
  await gpu.lost;
};

describe('a device that the retriever opened', () => {
  let retriever: Retriever;
  let gallery: Gallery;
  beforeAll(async () => {
    retriever = await Retriever.load(parts);
    gallery = await retriever.index(images);
  });
  afterAll(async () => {
    await gallery.dispose();
    await retriever.dispose();
  });

  it('is opened again, and its galleries come with it, as often as it is lost', async () => {
    const found = await retriever.search(gallery, query);
    for (let i = 0; i < 4; i++) {
      const before = retriever.device;
      await lose(retriever);
      expect(await retriever.search(gallery, query)).toEqual(found);
      expect(retriever.device).not.toBe(before);
      expect(before.loss).toBeInstanceOf(DeviceLostError);
    }
  });

  it('is opened once for all searches that it was lost under', async () => {
    const found = await retriever.search(gallery, query);
    const searches = Array.from({ length: 6 }, () => retriever.search(gallery, query));
    await lose(retriever);
    const device = retriever.search(gallery, query).then(() => retriever.device);
    for (const answer of await Promise.all(searches)) expect(answer).toEqual(found);
    expect(retriever.device).toBe(await device);
  });

  it('costs the images no more than a batch that are being indexed', async () => {
    let decoded = 0;
    async function* decoding(): AsyncGenerator<readonly [string, RawImage]> {
      for (const [id, shown] of images) {
        decoded++;
        if (decoded === 20) await lose(retriever);
        yield [id, shown];
      }
    }
    const indexed = await retriever.index(decoding());
    expect(decoded).toBe(images.size);
    expect(indexed.features).toEqual(gallery.features);
    await indexed.dispose();
  });

  it('that cannot be opened again is tried three times, then said to be gone', async () => {
    const device = await openDevice();
    const models = await readModels(parts);
    let opened = 0;
    const open = () => Promise.reject(new NoAdapterError(`try ${++opened}`));
    const onDevice = await ModelsOnDevice.upload(device, models);
    const keeper = new ModelsKeeper({ models, onDevice, open, onMove: async () => {} });
    device.gpu.destroy();
    const work = () => keeper.use(({ device }) => device.idle());
    const message = /could not be opened again in 3 tries: (reload the page|start again) \(try 3\)/;
    const failed = await Promise.allSettled([work(), work()]);
    for (const result of failed) expect((result as PromiseRejectedResult).reason.message).toMatch(message);
    await expect(work()).rejects.toThrow(DeviceLostError);
    expect(opened).toBe(3);
    const other = await openDevice();
    await keeper.rebind(other);
    await work();
    await keeper.close();
    other.close();
  });

  it('is not opened again once the retriever is disposed of', async () => {
    const gone = await Retriever.load(parts);
    const few = await gone.index([...images].slice(0, 3));
    await few.dispose();
    await lose(gone);
    await gone.dispose();
    await expect(gone.search(few, query)).rejects.toThrow('this retriever is disposed of');
  });
});

describe('a device of a host', () => {
  it('is waited for: everything rejects with one kind of error, until rebind', async () => {
    const first = await openDevice();
    const retriever = await Retriever.load({ ...parts, device: first.gpu });
    const gallery = await retriever.index(images);
    const found = await retriever.search(gallery, query);
    await lose(retriever);
    const rejects = (work: Promise<unknown>) => expect(work).rejects.toThrow(DeviceLostError);
    await rejects(retriever.search(gallery, query));
    await rejects(retriever.index(images));
    await rejects(retriever.restore(gallery.ids, gallery.features));
    await expect(retriever.search(gallery, query)).rejects.toThrow("It is the host's: rebind(device)");
    const second = await openDevice();
    await retriever.rebind(second.gpu);
    expect(retriever.device.gpu).toBe(second.gpu);
    expect(await retriever.search(gallery, query)).toEqual(found);
    await gallery.dispose();
    await retriever.dispose();
    expect(second.loss).toBeUndefined(); // the host's is left alone
    await second.idle();
    second.close();
  });

  it('may be changed while it works, and takes the place of one that was opened', async () => {
    const retriever = await Retriever.load(parts);
    const own = retriever.device;
    const gallery = await retriever.index(images);
    const found = await retriever.search(gallery, query);
    const host = await openDevice();
    const searches = Array.from({ length: 4 }, () => retriever.search(gallery, query));
    const moved = retriever.rebind(host);
    const later = retriever.search(gallery, query);
    await moved;
    for (const answer of await Promise.all([...searches, later])) expect(answer).toEqual(found);
    expect(retriever.device).toBe(host);
    expect((await own.gpu.lost).reason).toBe('destroyed');
    await gallery.dispose();
    await retriever.dispose();
    await host.idle();
    host.close();
  });

  it('that is lost already is refused, and the retriever stays where it was', async () => {
    const host = await openDevice();
    const retriever = await Retriever.load({ ...parts, device: host });
    const gallery = await retriever.index(images);
    const found = await retriever.search(gallery, query);
    const dead = await openDevice();
    dead.close();
    await expect(retriever.rebind(dead)).rejects.toThrow(DeviceLostError);
    expect(retriever.device).toBe(host);
    expect(await retriever.search(gallery, query)).toEqual(found);
    await gallery.dispose();
    await retriever.dispose();
    host.close();
  });
});

it('an error that is no loss is not taken for one', async () => {
  const retriever = await Retriever.load(parts);
  const gallery = await retriever.index(images);
  const before = retriever.device;
  before.gpu.createBuffer({ size: 4, usage: 0xffff });
  await expect(retriever.search(gallery, query)).rejects.toThrow(GpuError);
  expect((await retriever.search(gallery, query)).length).toBe(5);
  expect(retriever.device).toBe(before);
  await gallery.dispose();
  await retriever.dispose();
});
