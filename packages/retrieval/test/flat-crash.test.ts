// Nothing that was acknowledged is lost: where the power goes at any of a store's file operations, and where the process
// that writes is killed at any moment.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlatStore, memoryFiles, type StoreFiles } from '../src/index.ts';
import { openFlatStore } from '../src/node.ts';
import { doWrite, linesAfter, linesOf, model } from './flat-history.mjs';

const device = () => Promise.reject(new Error('nothing is searched here'));
const options = { device, model, storage: 'F32', journalBytes: 1500 } as const;

/** Files that let so many operations through, and at the next one write half of what was asked for and fail. */
function failingFiles(files: StoreFiles, allowed: number, isOver: () => boolean = () => true): StoreFiles {
  let done = 0;
  const fails = () => done++ >= allowed && isOver();
  const cut = () => new Error('the power is gone');
  return {
    ...files,
    async write(file, pieces) {
      if (fails()) throw cut(); // all or nothing
      await files.write(file, pieces);
    },
    async append(file, length) {
      if (fails()) throw cut();
      const appender = await files.append(file, length);
      return {
        ...appender,
        async append(bytes) {
          const isLast = fails();
          await appender.append(isLast ? bytes.subarray(0, bytes.length >> 1) : bytes);
          if (isLast) throw cut();
        },
      };
    },
    async remove(file) {
      if (fails()) throw cut();
      await files.remove(file);
    },
    lock: async () => () => {},
  };
}

describe('a flat store', () => {
  it('holds what was acknowledged, wherever the power goes', async () => {
    const writes = 40;
    let hasFailed = true;
    let dropped = 0;
    for (let allowed = 0; hasFailed; allowed++) {
      const files = memoryFiles();
      let acknowledged = 0;
      hasFailed = false;
      try {
        const store = await FlatStore.open(failingFiles(files, allowed), options);
        for (; acknowledged < writes; acknowledged++) await doWrite(store, acknowledged);
      } catch (error) {
        expect((error as Error).message).toBe('the power is gone');
        hasFailed = true;
      }
      const store = await FlatStore.open(files, options);
      const found = await linesOf(store);
      // The write that was under way is there wholly or not at all.
      const isNext = hasFailed && JSON.stringify(found) === JSON.stringify(linesAfter(acknowledged + 1));
      if (!isNext) expect(found, `after ${allowed} operations`).toEqual(linesAfter(acknowledged));
      if (store.droppedBytes > 0) dropped++;
      const named = JSON.parse(new TextDecoder().decode(await files.read('manifest.json')));
      expect((await files.list()).sort()).toEqual(
        ['manifest.json', named.journal, ...named.segments, ...(named.deleted ? [named.deleted] : [])].sort(),
      );
      await store.close();
    }
    expect(dropped).toBeGreaterThan(10);
  });

  it('goes on after a disk that was full for a while', async () => {
    const files = memoryFiles();
    let isFull = false;
    const store = await FlatStore.open(
      failingFiles(files, 0, () => isFull),
      { ...options, journalBytes: 1e9 },
    );
    const feature = (value: number) => new Float32Array(model.dim).fill(value);
    await store.put({ ids: ['a'], features: feature(1) });
    isFull = true;
    await expect(store.put({ ids: ['b'], features: feature(2) })).rejects.toThrow('the power is gone');
    isFull = false;
    await store.put({ ids: ['c'], features: feature(3) });
    expect(await store.count()).toBe(2);
    await store.close();
    const again = await FlatStore.open(files, options);
    expect((await again.get(['a', 'b', 'c'])).map((image) => image?.feature[0])).toEqual([1, undefined, 3]);
    expect(again.droppedBytes).toBe(0);
  });

  it('writes nothing more when nobody knows which manifest is there', async () => {
    let isFull = false;
    const store = await FlatStore.open(
      failingFiles(memoryFiles(), 0, () => isFull),
      options,
    );
    await store.put({ ids: ['a'], features: new Float32Array(model.dim) });
    isFull = true;
    await expect(store.compact()).rejects.toThrow('the power is gone');
    isFull = false;
    await expect(store.put({ ids: ['b'], features: new Float32Array(model.dim) })).rejects.toThrow(/open it again/);
    expect(await store.count()).toBe(1);
  });
});

describe('a flat store on a disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcir-crash-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const put = async (store: FlatStore, ids: string[]) =>
    store.put({ ids, features: new Float32Array(ids.length * model.dim).fill(1) });

  it('drops half a record at the end, and says so; refuses one in the middle that is damaged', async () => {
    const path = join(folder, 'torn');
    const store = await openFlatStore(path, options);
    await put(store, ['a']);
    await put(store, ['b']);
    await store.close();
    const journal = join(path, (await readdir(path)).find((name) => name.startsWith('journal'))!);
    const bytes = await readFile(journal);
    for (const left of [bytes.length - 1, bytes.length / 2 + 5]) {
      await truncate(journal, left);
      const opened = await openFlatStore(path, options);
      expect([await opened.count(), opened.droppedBytes]).toEqual([1, left - bytes.length / 2]);
      await put(opened, ['b']);
      await opened.close();
      expect(await readFile(journal)).toEqual(bytes);
    }
    await writeFile(join(path, `.${randomUUID()}.tmp`), 'half a segment');
    await (await openFlatStore(path, options)).close();
    expect((await readdir(path)).sort()).toEqual([basename(journal), 'manifest.json']);
    await appendFile(journal, new Uint8Array(100)); // as a file system may leave it
    const reader = await openFlatStore(path, { device, readOnly: true });
    expect([await reader.count(), reader.droppedBytes]).toEqual([2, 100]);
    await reader.close();
    bytes[40] ^= 1;
    await writeFile(journal, bytes);
    await expect(openFlatStore(path, options)).rejects.toThrow(/journal-.*damaged at byte 0 of/);
  });

  it('has one writer at a time, and any number of readers', async () => {
    const path = join(folder, 'shared');
    const store = await openFlatStore(path, options);
    await put(store, ['a']);
    await expect(openFlatStore(path, options)).rejects.toThrow(`is being written by process ${process.pid}`);
    const reader = await openFlatStore(path, { device, readOnly: true });
    for (let i = 0; i < 30; i++) await put(store, [`${i}`]);
    await store.compact();
    const now = await openFlatStore(path, { device, readOnly: true });
    expect([await reader.count(), await now.count()]).toEqual([1, 31]);
    expect((await now.get(['7']))[0]?.id).toBe('7');
    await expect(put(now, ['b'])).rejects.toThrow('opened for reading only');
    await store.delete(['7']);
    await store.compact();
    expect((await now.get(['7']))[0]?.feature.length).toBe(model.dim); // its files are gone, and still readable
    for (const each of [store, reader, now]) await each.close();
    await expect(openFlatStore(join(folder, 'none'), { device, readOnly: true })).rejects.toThrow('there is no store');
  });

  // WEBCIR_KILLS=200 is the long run.
  const kills = Number(process.env.WEBCIR_KILLS ?? 5);
  it(`holds what was acknowledged by a process that is killed, ${kills} times`, {
    timeout: kills * 20_000,
  }, async () => {
    const path = join(folder, 'killed');
    let acknowledged = 0;
    for (let kill = 0; kill < kills; kill++) {
      acknowledged = await writeAndKill(path, acknowledged, Math.random() * 120);
      const store = await openFlatStore(path, { device, readOnly: true });
      const found = JSON.stringify(await linesOf(store));
      await store.close();
      if (found === JSON.stringify(linesAfter(acknowledged + 1))) acknowledged++;
      else expect(JSON.parse(found)).toEqual(linesAfter(acknowledged));
    }
    expect(acknowledged).toBeGreaterThan(kills);
  });
});

/** Lets a process write from a place in the history on, and kills it. @returns how many writes it has acknowledged */
function writeAndKill(path: string, first: number, milliseconds: number): Promise<number> {
  const script = fileURLToPath(new URL('flat-writer.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, path, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    if (text === '') setTimeout(() => child.kill('SIGKILL'), milliseconds);
    text += part;
  });
  return new Promise((resolve, reject) =>
    child.on('close', (code) => {
      if (code !== null) return reject(new Error(`the writer ended by itself, with ${code}`));
      const whole = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1);
      resolve(whole === 'open' ? first : Number(whole));
    }),
  );
}
