// The flat store, searched on the device: many small segments, all of them ranked there.
import { openDevice } from '@webcir/kernels';
import { uniform } from '@webcir/kernels/cases';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { FlatStore, memoryFiles } from '../src/index.ts';
import { conformance } from './conformance.ts';

const device = await openDevice();
afterAll(() => device.close());

for (const storage of ['F32', 'F16', 'I8'] as const) {
  conformance(`flat, ${storage}, on the device`, async () => {
    const files = memoryFiles();
    const options = { device, storage, journalBytes: 4000, hostProducts: 0 };
    return { open: (model) => FlatStore.open(files, { ...options, model }), remove: async () => {} };
  });
}

describe('a flat store on the device', () => {
  const cases = (['F16', 'I8'] as const).flatMap((storage) => [500, 100, 40].map((near) => ({ storage, near })));
  it.each(cases)('ranks $near rows that $storage cannot tell apart as they are stored', async ({ storage, near }) => {
    // Rows that differ from the query by less than a half, or a byte, can say: the device's order is not the right one.
    // More of them than the device can name, more than it is asked for first, and about as many; the rest are far away.
    const dim = 64;
    const random = uniform(5);
    const base = Float32Array.from({ length: dim }, () => random() - 0.5);
    const features = new Float32Array(500 * dim);
    for (let row = 0; row < 500; row++)
      for (let i = 0; i < dim; i++)
        features[row * dim + i] = row < near ? base[i] + (random() - 0.5) * 0.004 : random() - 0.5;
    const two = Float32Array.from([...base, ...base.map(() => random() - 0.5)]);
    const model = { dim, fingerprint: 'a' };
    const ids = Array.from({ length: 500 }, (_, i) => `${i}`);
    const answers = [];
    for (const hostProducts of [0, 1e9]) {
      const store = await FlatStore.open(memoryFiles(), { device, model, storage, journalBytes: 1, hostProducts });
      await store.put({ ids, features });
      answers.push(await store.search(two, { k: 20 }), await store.search(two, { k: 200, offset: 100 }));
      await store.close();
    }
    expect(answers[0]).toEqual(answers[2]);
    expect(answers[1]).toEqual(answers[3]);
  });

  it('says what helps where the device has too little memory, and searches again when it has enough', async () => {
    const model = { dim: 4, fingerprint: 'a' };
    const store = await FlatStore.open(memoryFiles(), { device, model, journalBytes: 1, hostProducts: 0 });
    await store.put({ ids: ['a', 'b'], features: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0) });
    const create = device.gpu.createBuffer.bind(device.gpu);
    vi.spyOn(device.gpu, 'createBuffer').mockImplementation((descriptor) => {
      if (descriptor.label === 'gallery')
        vi.spyOn(device.gpu, 'popErrorScope').mockResolvedValueOnce({ message: 'out of memory' } as GPUError);
      return create(descriptor);
    });
    const query = Float32Array.of(1, 0, 0, 0);
    await expect(store.search(query, { k: 1 })).rejects.toThrow(
      /^memory\/segment.*: the device has no 0.00 GB left .*: out of memory; a store of the storage 'I8' takes less/,
    );
    vi.restoreAllMocks();
    expect((await store.search(query, { k: 1 }))[0][0].id).toBe('a');
    await store.close();
  });
});
