import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adam, openDevice, TensorStore } from '@webcir/kernels';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../src/index.ts';
import { RunFolder } from '../src/node.ts';

const device = await openDevice();
const entries = [
  { name: 'table', shape: [40, 4], byRows: true },
  { name: 'bias', shape: [3] },
];
let folder: string;
let storage: RunFolder;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-checkpoint-'));
  storage = await RunFolder.create(join(folder, 'run'), {});
});
afterAll(async () => {
  device.close();
  await rm(folder, { recursive: true, force: true });
});

const adamOf = (options = {}) => new Adam(TensorStore.create(device, entries, 'store', options));
const states = ({ parameters, moments: { m, v } }: Adam) =>
  Promise.all([parameters, m, v].map((store) => store.read()));

it('puts weights and moments back, also where a tensor is larger than a binding of either device', async () => {
  const file = 'checkpoint.safetensors';
  const saved = adamOf({ maxBinding: 256 });
  expect(saved.parameters.parts('table').length).toBeGreaterThan(1);
  for (const [i, store] of [saved.parameters, saved.moments.m, saved.moments.v].entries()) {
    store.write(
      'table',
      Float32Array.from({ length: 160 }, (_, k) => Math.cos(k + i)),
    );
    store.write('bias', Float32Array.of(i, 2, 3));
  }
  await saveCheckpoint(storage, file, saved, { epoch: '3' });
  const expected = await states(saved);
  for (const options of [{}, { maxBinding: 512 }]) {
    const loaded = adamOf(options);
    expect((await loadCheckpoint(storage, file, loaded)).get('epoch')).toBe('3');
    expect(await states(loaded)).toEqual(expected);
  }
});

it('names a tensor that does not fit', async () => {
  const file = 'other.safetensors';
  await saveCheckpoint(storage, file, adamOf(), {});
  const other = new Adam(TensorStore.create(device, [{ name: 'table', shape: [4, 40] }]));
  await expect(loadCheckpoint(storage, file, other)).rejects.toThrow('expected a tensor table [4,40], found [40,4]');
});

it('a run whose log is damaged says which line, and one that was killed leaves out the last', async () => {
  const file = storage.file('metrics.jsonl');
  await storage.log([{ step: 1 }, { step: 2 }]);
  await appendFile(file, '{"step": 3, "lo');
  expect(await storage.logged()).toEqual([{ step: 1 }, { step: 2 }]);
  await appendFile(file, '\n{"step": 4}\n');
  await expect(storage.logged()).rejects.toThrow(`${file}, line 3: is not JSON`);
  await storage.relog([{ step: 1 }]);
  await storage.log([{ step: 2 }]);
  expect(await readFile(file, 'utf8')).toBe('{"step":1}\n{"step":2}\n');
});

it('a run on a full disk says which file, and what is kept', async () => {
  const full = await RunFolder.create(join(folder, 'full'), {});
  await symlink('/dev/full', full.file('metrics.jsonl')); // whoever writes to it finds no space
  await expect(full.log([{ step: 1 }])).rejects.toThrow(
    `${full.file('metrics.jsonl')} cannot be written: ENOSPC: no space left on device, write; its lines so far are kept`,
  );
});

it('a run whose config is cut or is none says so by its file', async () => {
  const path = join(folder, 'cut');
  await mkdir(path);
  const find = async (config: string) => {
    await writeFile(join(path, 'config.json'), config);
    return RunFolder.find(path);
  };
  await expect(find('{"seed": ')).rejects.toThrow(`${join(path, 'config.json')}: is not JSON`);
  await expect(find('')).rejects.toThrow(`${join(path, 'config.json')}: expected JSON, found an empty file`);
  await expect(find('null')).rejects.toThrow(`${join(path, 'config.json')}: expected the options of a run, found null`);
  expect((await find('{"seed": 1}')).config).toEqual({ seed: 1 });
});
