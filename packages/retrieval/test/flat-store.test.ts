// The flat store on a disk, scored on the host: no device is opened.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FlatStore, memoryFiles } from '../src/index.ts';
import { openFlatStore } from '../src/node.ts';
import { conformance } from './conformance.ts';

const device = () => Promise.reject(new Error('no device is needed for so few rows'));

for (const storage of ['F32', 'F16', 'I8'] as const) {
  conformance(`flat, ${storage}, on a disk`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'webcir-store-'));
    return {
      open: (model) => openFlatStore(join(folder, 'store'), { device, model, storage, journalBytes: 8000 }),
      remove: () => rm(folder, { recursive: true }),
    };
  });
}

it.each(['F16', 'I8'] as const)(
  'refuses what half precision cannot hold where it is kept in it: %s',
  async (storage) => {
    const store = await FlatStore.open(memoryFiles(), { device, model: { dim: 2, fingerprint: 'a' }, storage });
    const large = { ids: ['small', 'large'], features: Float32Array.of(1, 2, -1e5, 0) };
    await expect(store.put(large)).rejects.toThrow(/^large: half precision holds no value beyond 65504, found -100000/);
    expect(await store.count()).toBe(0);
    await store.close();
  },
);

it('names the file whose texts are damaged', async () => {
  const files = memoryFiles('gallery');
  const model = { dim: 2, fingerprint: 'a' };
  const store = await FlatStore.open(files, { device, model, journalBytes: 1 });
  await store.put({ ids: ['first', 'second'], features: Float32Array.of(1, 0, 0, 1) });
  await store.close();
  const file = (await files.list()).find((name) => name.startsWith('segment'))!;
  const bytes = (await files.read(file))!.slice();
  // Both ends of the ids, 5 and 11, the other way round.
  const ends = new Uint8Array(Int32Array.of(5, 11).buffer);
  const at = bytes.findIndex((_, i) => ends.every((byte, j) => bytes[i + j] === byte));
  expect(at).toBeGreaterThan(0);
  bytes.set(new Uint8Array(Int32Array.of(11, 5).buffer), at);
  await files.write(file, [bytes]);
  const damaged = await FlatStore.open(files, { device, readOnly: true });
  await expect(damaged.search(Float32Array.of(1, 0))).rejects.toThrow(
    `gallery/${file}: the ends of its texts are damaged near row 0`,
  );
  await damaged.close();
});
