import { afterEach, expect, it, vi } from 'vitest';
import { openSource } from '../src/source.ts';

afterEach(() => vi.unstubAllGlobals());

it.each([
  ['kept in memory', 1000],
  ['left to the browser, as it is large', 2 ** 24 + 1],
])('reads ranges of an answer that is %s', async (_, size) => {
  const bytes = new Uint8Array(size);
  bytes.set([1, 2, 3, 4, 5, 6, 7], size - 7);
  vi.stubGlobal('fetch', async () => new Response(bytes));
  const source = await openSource('/clip.safetensors', 'clip');
  expect([source.name, source.size]).toEqual(['/clip.safetensors', size]);
  expect(await source.read(size - 7, 7)).toEqual(bytes.slice(size - 7));
  await expect(source.read(size - 7, 8)).rejects.toThrow(`/clip.safetensors: bytes ${size - 7} to ${size + 1}`);
});
