// Checks what is remembered of the kernels of an adapter, and when it is forgotten.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Choices, compile, input, layernorm, openDevice } from '@webcir/kernels';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { autotuneDevice } from '../src/node.ts';

const device = await openDevice();
const folders: string[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-autotune-'));
  folders.push(folder);
});
afterAll(async () => {
  device.close();
  for (const path of folders) await rm(path, { recursive: true });
});

const graph = (width: number) => ({
  outputs: { y: layernorm(input('x', [64, width]), input('weight', [width]), input('bias', [width])) },
});
/** Compiles one graph after the other on a device that autotunes. */
async function autotuned(...widths: number[]) {
  const { counts, ...rest } = await autotuneDevice(device, folder);
  for (const width of widths) (await compile(device, graph(width))).dispose();
  device.beforeCompile = undefined;
  return { ...counts, ...rest };
}
const read = async (file: string) => JSON.parse(await readFile(file, 'utf8'));
const settled = ({ timed, untimed }: { timed: number; untimed: number }) => timed + untimed;

it('times a class once, adds others later, and gives the device all of them', async () => {
  const first = await autotuned(64);
  expect([settled(first), first.damaged]).toEqual([1, false]);
  const record = await read(first.file);
  expect(record).toMatchObject({ version: 1, adapter: device.name });
  expect(settled(await autotuned(64))).toBe(0);
  expect(settled(await autotuned(64, 128))).toBe(1);
  const both: Choices = (await read(first.file)).choices;
  expect(Object.keys(both)).toHaveLength(2);
  expect(both).toMatchObject(record.choices);
  expect(device.capabilities.choices).toEqual(both);
  expect(await readdir(join(folder, 'autotune'))).toHaveLength(1);
});

it('goes by what is remembered, whatever would be faster', async () => {
  const { file } = await autotuned(64);
  const record = await read(file);
  const [key] = Object.keys(record.choices);
  await writeFile(file, JSON.stringify({ ...record, choices: { [key]: 'plain' } }));
  await autotuned(64);
  expect(device.capabilities.choices).toEqual({ [key]: 'plain' });
});

it('forgets what was timed with other kernels', async () => {
  const { file } = await autotuned(64);
  const record = await read(file);
  await writeFile(file, JSON.stringify({ ...record, kernels: 'older', choices: { stale: 'plain' } }));
  const again = await autotuned(64);
  expect([settled(again), again.damaged]).toEqual([1, false]);
  expect(await read(file)).toMatchObject({ kernels: record.kernels });
  expect(device.capabilities.choices).not.toHaveProperty('stale');
});

it('says where a file is damaged, and replaces it', async () => {
  const { file } = await autotuned(64);
  const whole = await readFile(file, 'utf8');
  const damages = [whole.slice(0, -20), 'null', whole.replace(/"choices": \{[^}]*\}/s, '"choices": 3')];
  for (const damaged of damages) {
    await writeFile(file, damaged);
    const again = await autotuned(64);
    expect([settled(again), again.damaged, again.file]).toEqual([1, true, file]);
    expect((await autotuned(64)).damaged).toBe(false);
  }
});

it('goes on without a cache where its folder cannot be written, and says so once', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => void warnings.push(warning);
  process.on('warning', listen);
  folder = join(folder, 'a file');
  await writeFile(folder, '');
  expect(settled(await autotuned(64, 128))).toBe(2);
  expect(Object.keys(device.capabilities.choices!)).toHaveLength(2);
  expect(await readFile(folder, 'utf8')).toBe('');
  await new Promise(setImmediate); // warnings come a turn later
  process.off('warning', listen);
  const [only] = warnings.filter(({ message }) => message.includes('WEBCIR_CACHE'));
  expect(only.message).toContain(`the cache ${folder} cannot be written: ENOTDIR`);
  expect(warnings.filter(({ message }) => message === only.message)).toHaveLength(1);
});
