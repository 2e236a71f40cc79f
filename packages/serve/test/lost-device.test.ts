// A service whose device is taken away while it is asked, as a driver that is reset does.
import { FlatStore, memoryFiles, Retriever } from '@webcir/retrieval';
import { combinerTensors, image, images, model, sizes, tokenizer } from '@webcir/retrieval/test/small';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../src/http/app.ts';
import { Service } from '../src/service.ts';

const combiner = { config: sizes, tensors: combinerTensors };
let retriever: Retriever;
let service: Service;
let search: (body: object) => Promise<Response>;
beforeAll(async () => {
  retriever = await Retriever.load({ clip: model, combiner, tokenizer });
  const gallery = await retriever.index(images);
  const dim = retriever.config.embedDim;
  const store = await FlatStore.open(memoryFiles(), {
    device: async () => retriever.device,
    model: { dim, fingerprint: await gallery.fingerprint() },
    journalBytes: 1024, // so that rows are in a segment, on the device
    hostProducts: 0,
  });
  await store.put({ ids: gallery.ids, features: gallery.features });
  await gallery.dispose();
  const galleries = new Map([['photos', { store }]]);
  service = await Service.open({ open: async () => retriever, model: 'small', galleries });
  const app = createApp(service);
  search = async (body) =>
    app.fetch(
      new Request('http://localhost/v1/galleries/photos/search', {
        method: 'POST',
        headers: { host: 'localhost', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
});
afterAll(() => service.close());

it('answers every request with what it would find, or with 503 and when to come again, and recovers', async () => {
  const { data } = image(20, 20);
  const feature = Array.from({ length: retriever.config.embedDim }, (_, i) => data[i] / 255);
  const body = { image: { feature }, text: 'is longer', k: 5 };
  const wanted = await (await search(body)).json();
  expect(wanted.data).toHaveLength(5);
  const before = retriever.device;
  const asked = Array.from({ length: 12 }, () => search(body));
  await new Promise((resolve) => setImmediate(resolve));
  before.gpu.destroy();
  for (const response of await Promise.all(asked)) {
    if (response.status !== 200) {
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect((await response.json()).error.code).toBe('device_lost');
    }
  }
  const after = await search(body);
  expect(after.status).toBe(200);
  expect(await after.json()).toEqual(wanted);
  expect(retriever.device).not.toBe(before);
});
