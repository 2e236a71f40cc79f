import { describe, expect, test } from 'vitest';
import { type ByteSource, expectRange, memorySource } from '../src/weights/source.ts';
import { openTorch } from '../src/weights/torch/open-torch.ts';
import { statePickle } from '../src/weights/torch/state-pickle.ts';
import { torchZipPieces } from '../src/weights/torch/torch-write.ts';
import { unpickle } from '../src/weights/torch/unpickle.ts';
import { zipDataOffset, zipEntries } from '../src/weights/torch/zip-directory.ts';
import { zipDirectory } from '../src/weights/torch/zip-write.ts';
import type { WeightFile, WeightTensor } from '../src/weights/weight-file.ts';
import * as p from './containers.ts';

const openBytes = (bytes: Uint8Array): Promise<WeightFile> => openTorch(memorySource(bytes, 'file.pt'));
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

const versions = (modules: string[]): Map<string, number> => new Map(modules.map((name) => [name, 1]));
const transformer = (name: string): string[] => [
  ...[name, `${name}.resblocks`],
  ...[0, 1].flatMap((i) =>
    ['', '.attn', '.attn.out_proj', '.ln_1', '.mlp', '.mlp.c_fc', '.mlp.gelu', '.mlp.c_proj', '.ln_2'].map(
      (part) => `${name}.resblocks.${i}${part}`,
    ),
  ),
];
const COMBINER = [
  ...['', 'text_projection_layer', 'image_projection_layer', 'dropout1', 'dropout2', 'combiner_layer', 'output_layer'],
  ...['dropout3', 'dynamic_scalar', ...range(5).map((i) => `dynamic_scalar.${i}`)],
];
const VIT = [
  ...['', 'visual', 'visual.conv1', 'visual.ln_pre', ...transformer('visual.transformer'), 'visual.ln_post'],
  ...[...transformer('transformer'), 'token_embedding', 'ln_final'],
];

describe('torchZipPieces', () => {
  test('writes, byte for byte, what torch.save writes', async () => {
    const expected = await p.container('every-dtype.pt');
    const { tensors } = await openBytes(expected);
    expect(Buffer.compare(await p.join(torchZipPieces(tensors)), expected)).toBe(0);
  });

  test.each([
    ['combiner.pt', 'combiner', { epoch: 5, className: 'Combiner', modules: versions(COMBINER) }],
    ['tuned_clip_vit.pt', 'tuned_clip_vit', { epoch: 3, className: 'CLIP', modules: versions(VIT) }],
  ])("writes the pickle of CLIP4Cir's %s, byte for byte", async (name, folder, checkpoint) => {
    const bytes = await p.container(name);
    const entryOf = async (file: Uint8Array, entry: string): Promise<Uint8Array> => {
      const source = memorySource(file, 'file.pt');
      const found = (await zipEntries(source)).get(entry)!;
      return source.read(await zipDataOffset(source, found), found.size);
    };
    const { tensors } = await openBytes(bytes);
    const written = await p.join(torchZipPieces(tensors, checkpoint));
    const expected = await entryOf(bytes, `${folder}/data.pkl`);
    expect(Buffer.compare(await entryOf(written, 'archive/data.pkl'), expected)).toBe(0);
    // The folder has another name, so the padding differs, but it aligns data all the same.
    const entries = await zipEntries(memorySource(written, 'file.pt'));
    expect(entries.size).toBe((await zipEntries(memorySource(bytes, 'file.pt'))).size);
    for (const entry of entries.values())
      expect((await zipDataOffset(memorySource(written, 'file.pt'), entry)) % 64).toBe(0);

    const again = await openBytes(written);
    expect(Object.fromEntries(again.metadata)).toEqual({ epoch: `${checkpoint.epoch}`, class: checkpoint.className });
    for (const [key, tensor] of again.tensors) {
      const original = tensors.get(key)!;
      expect(tensor).toMatchObject({ dtype: original.dtype, shape: original.shape });
      expect(Buffer.compare(await tensor.read(), await original.read()), key).toBe(0);
    }
  });

  test('writes more tensors than Python sets at once, and sizes beyond 32 bits', () => {
    const sizes = [1, 2 ** 8, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 39, 2 ** 40 - 1, 2 ** 53 - 1];
    const tensors = range(2001).map((i) => [`w${i}`, { dtype: 'I8', shape: [sizes[i % sizes.length]] }] as const);
    const { value, storages } = unpickle(statePickle(new Map(tensors), undefined), 'pickle');
    expect([...(value as Map<string, object>).keys()]).toEqual(tensors.map(([name]) => name));
    expect([...storages.values()].map(({ length }) => length)).toEqual(tensors.map(([, { shape }]) => shape[0]));
  });

  test('refuses a tensor without the bytes of its shape, and an epoch that is none', async () => {
    const short: WeightTensor = { dtype: 'F32', shape: [2], read: async () => new Uint8Array(4) };
    const pieces = torchZipPieces(new Map([['w', short]]));
    await expect(p.join(pieces)).rejects.toThrow('tensor "w": F32 [2] takes 8 bytes, found 4.');
    expect(() => statePickle(new Map(), { epoch: 0.5, className: 'CLIP' })).toThrow('an integer from 0, found 0.5');
  });
});

test('zip directories beyond 4 GiB and 65,535 entries are written and read', async () => {
  const entry = (i: number, offset: number, size: number) => ({
    name: new TextEncoder().encode(`e${i}`),
    size,
    offset,
    crc: 0,
  });
  const gib = 2 ** 30;
  const entries = [
    ...range(66_000).map((i) => entry(i, 40 * i, 0)),
    entry(66_000, gib, 5 * gib),
    entry(66_001, 7 * gib, 9),
  ];
  const start = 8 * gib;
  const directory = await p.join(zipDirectory(entries, start));
  const source: ByteSource = {
    name: 'sparse.pt',
    size: start + directory.length,
    async read(offset, length) {
      expectRange(this, offset, length);
      expect(offset).toBeGreaterThanOrEqual(start);
      return directory.subarray(offset - start, offset - start + length);
    },
  };
  const found = await zipEntries(source);
  expect(found.size).toBe(66_002);
  expect(found.get('e65999')).toMatchObject({ size: 0, packedSize: 0, offset: 40 * 65_999, limit: gib });
  expect(found.get('e66000')).toMatchObject({ size: 5 * gib, packedSize: 5 * gib, offset: gib, limit: 7 * gib });
  expect(found.get('e66001')).toMatchObject({ size: 9, packedSize: 9, offset: 7 * gib, limit: start });
});
