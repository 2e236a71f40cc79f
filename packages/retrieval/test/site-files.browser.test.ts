// The flat store in a browser's own file system.
import { expect, it } from 'vitest';
import { FlatStore, removeSiteFiles, siteFiles } from '../src/index.ts';
import { conformance } from './conformance.ts';

const device = () => Promise.reject(new Error('no device is needed for so few rows'));
const model = { dim: 22, fingerprint: 'model a' };
let count = 0;

conformance("flat, in the site's files", async () => {
  const name = `store ${++count}`;
  const files = () => siteFiles(name);
  return {
    open: async (asked) => FlatStore.open(await files(), { device, model: asked, journalBytes: 8000 }),
    remove: () => removeSiteFiles(name),
  };
});

it('has one writer, and readers beside it, who open it again when it has changed', async () => {
  const options = { device, model, journalBytes: 4000 };
  const files = await siteFiles('shared');
  const writer = await FlatStore.open(files, options);
  await expect(FlatStore.open(await siteFiles('shared'), options)).rejects.toThrow('written by another page');
  const rows = (first: number) => ({
    ids: Array.from({ length: 60 }, (_, i) => `${first + i}`),
    features: Float32Array.from({ length: 60 * 22 }, (_, i) => Math.sin(i + first)),
  });
  await writer.put(rows(0));
  const reader = await FlatStore.open(await siteFiles('shared'), { device, readOnly: true });
  expect(await reader.count()).toBe(60);
  // What a search under way reads stays there until it is done, also when it is merged meanwhile.
  const items = writer.items();
  const first = items.next();
  for (let i = 1; i <= 4; i++) await writer.put(rows(60 * i));
  expect((await first).value?.ids.length).toBe(60);
  for await (const _ of items);
  await reader.close();
  const again = await FlatStore.open(await siteFiles('shared'), { device, readOnly: true });
  expect(await again.count()).toBe(300);
  expect((await again.get(['61']))[0]?.id).toBe('61');
  await again.close();
  await writer.close();
  await (await FlatStore.open(await siteFiles('shared'), options)).close(); // the lock is gone
  expect((await files.list()).filter((file) => file.startsWith('segment')).length).toBeLessThan(3);
  await removeSiteFiles('shared');
});
