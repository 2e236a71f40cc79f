// Features come from and go to NumPy's files and clip-retrieval's layout.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlatStore, memoryFiles, type StoreRows } from '../src/index.ts';
import { readClipRetrieval, readNpy, writeClipRetrieval } from '../src/node.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-exchange-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What `numpy.save` writes of [[1, 2, -3], [0.5, 65504, 0]] in float16, byte for byte (NumPy 1.24). */
const saved = Buffer.concat([
  Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
  Buffer.from("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)),
  Buffer.from('\n003c004000c2 0038ff7b0000'.replace(/[\n ]/g, '').replace(/^/, '0a'), 'hex'),
]);

async function all(rows: AsyncIterable<StoreRows>) {
  const lines = [];
  for await (const { ids, features, metadata } of rows)
    for (const [i, id] of ids.entries())
      lines.push({ id, feature: [...features.subarray(3 * i, 3 * i + 3)], metadata: metadata?.[i] });
  return lines;
}

describe('exchange', () => {
  it('reads what NumPy has saved, and refuses what is no table of features', async () => {
    const path = join(folder, 'a.npy');
    await writeFile(path, saved);
    expect(await all(readNpy(path, ['a', 'b']))).toEqual([
      { id: 'a', feature: [1, 2, -3], metadata: undefined },
      { id: 'b', feature: [0.5, 65504, 0], metadata: undefined },
    ]);
    await expect(all(readNpy(path, ['a']))).rejects.toThrow(`${path}: has 2 rows, expected one for each of 1 ids`);
    const cases: [(bytes: Buffer) => Uint8Array, RegExp][] = [
      [(bytes) => bytes.subarray(0, 50), /is cut short/],
      [(bytes) => bytes.subarray(0, -1), /expected 12 bytes of values, found 11/],
      [(bytes) => Buffer.from(bytes.toString('latin1').replace('<f2', '<i2'), 'latin1'), /<f4 or <f2, found <i2/],
      [(bytes) => Buffer.from(bytes.toString('latin1').replace('(2, 3)', '(6,)  '), 'latin1'), /shape \(6\)/],
      [(bytes) => Buffer.from(bytes.toString('latin1').replace('False', 'True '), 'latin1'), /found columns/],
      [() => Buffer.from('no array at all'), /expected a \.npy file/],
    ];
    for (const [damage, message] of cases) {
      await writeFile(path, damage(saved));
      await expect(all(readNpy(path, ['a', 'b'])), String(message)).rejects.toThrow(message);
    }
  });

  it("writes and reads clip-retrieval's layout", async () => {
    const device = () => Promise.reject(new Error('nothing is searched here'));
    const model = { dim: 3, fingerprint: 'a' };
    const store = await FlatStore.open(memoryFiles(), { device, model });
    const features = Float32Array.of(1, 2, -3, 0.5, 65504, 0);
    const metadata = [{ caption: 'a dress', price: 3 }, { tags: ['é'] }];
    await store.put({ ids: ['photos/é.jpg', 'b'], features, metadata });
    const place = join(folder, 'exported');
    await writeClipRetrieval(store, place);
    expect(await readFile(join(place, 'img_emb/img_emb_0.npy'))).toEqual(saved);
    expect(await all(readClipRetrieval(place))).toEqual(await all(store.items()));
    await store.close();
  });

  it('takes the columns that clip-retrieval writes for metadata', async () => {
    const place = join(folder, 'made');
    await mkdir(join(place, 'img_emb'), { recursive: true });
    await mkdir(join(place, 'metadata'));
    await writeFile(join(place, 'img_emb/img_emb_0.npy'), saved);
    const table = (name: string) => {
      const columnData = [
        { name, data: ['x/1.jpg', 'x/2.jpg'] },
        { name: 'caption', data: ['one', 'two'] },
        { name: 'width', data: [640n, 2n] },
      ];
      return new Uint8Array(parquetWriteBuffer({ columnData }));
    };
    await writeFile(join(place, 'metadata/metadata_0.parquet'), table('image_path'));
    expect((await all(readClipRetrieval(place))).map(({ id, metadata }) => [id, metadata])).toEqual([
      ['x/1.jpg', { caption: 'one', width: 640 }],
      ['x/2.jpg', { caption: 'two', width: 2 }],
    ]);
    await writeFile(join(place, 'metadata/metadata_0.parquet'), table('path'));
    await expect(all(readClipRetrieval(place))).rejects.toThrow('metadata_0.parquet: expected a column image_path');
    await writeFile(join(place, 'metadata/metadata_0.parquet'), 'no table');
    await expect(all(readClipRetrieval(place))).rejects.toThrow('metadata_0.parquet: cannot be read as parquet');
  });
});
