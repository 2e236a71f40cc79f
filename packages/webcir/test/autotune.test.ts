// Drives `webcir train`, as built: kernels are timed once, remembered, and stay those of the run when it is resumed.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedFromPackage, writeFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cli, killWhen, runIn } from './run-cli.ts';

let folder: string;
/** What is remembered of the adapter's kernels: the file, and the choices. */
let record: string;
let remembered: Record<string, string>;

const small = [
  '--stages',
  '1',
  '--encoder',
  'text',
  '--batch-size',
  '16',
  '--num-epochs',
  '2',
  '--combiner-batch-size',
  '16',
];
const train = (name: string, ...more: string[]) => [
  ...['train', '--dataset', 'fashioniq', '--data', join(folder, 'fashioniq'), '--out', folder, '--name', name],
  ...small,
  ...more,
];
const webcir = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await runIn(folder, cli, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};
const inRun = (run: string, ...path: string[]) => join(folder, run, ...path);
const json = async (file: string) => JSON.parse(await readFile(file, 'utf8'));
const choicesOf = async (run: string) => (await json(inRun(run, 'config.json'))).choices;
const weightsOf = (run: string) => readFile(inRun(run, 'clip.safetensors'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-autotune-'));
  await writeFashionIq(await openEmbeddedFromPackage(), join(folder, 'fashioniq'), { maxTriplets: 12 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a run times its kernels as it compiles them, and keeps every choice', async () => {
  expect(await webcir(...train('first'))).toContain('Timed');
  const records = join(folder, 'cache', 'autotune');
  record = join(records, (await readdir(records))[0]);
  const { choices } = await json(record);
  expect(Object.keys(choices).length).toBeGreaterThan(5);
  expect(await choicesOf('first')).toEqual(choices);
}, 60_000);

it('a second one times nothing, and takes what is remembered', async () => {
  // Pretends that layernorm without subgroups was the faster one.
  const { choices, ...rest } = await json(record);
  const slower = Object.keys(choices).filter((key) => key.startsWith('layernorm '));
  remembered = { ...choices, ...Object.fromEntries(slower.map((key) => [key, 'plain'])) };
  await writeFile(record, JSON.stringify({ ...rest, choices: remembered }));
  expect(await webcir(...train('second'))).not.toContain('Timed');
  expect(await choicesOf('second')).toEqual(remembered);
}, 60_000);

it('a resumed one goes on with its own kernels to the same bits, and times nothing', async () => {
  await killWhen(folder, train('killed'), inRun('killed', 'metrics.jsonl'), /"type":"epoch"/);
  expect(existsSync(inRun('killed', 'results.json'))).toBe(false);
  await rm(record);
  expect(await webcir('train', '--resume', inRun('killed'))).not.toContain('Timed');
  expect(existsSync(record)).toBe(false);
  expect((await weightsOf('killed')).equals(await weightsOf('second'))).toBe(true);
}, 60_000);

it('one with --no-autotune times nothing, and takes the fixed choice', async () => {
  expect(await webcir(...train('fixed', '--no-autotune'))).not.toContain('Timed');
  expect(existsSync(record)).toBe(false);
  expect(await choicesOf('fixed')).toEqual({});
  // The other layernorm adds up in another order: a resumed run that did not take it would have had these bits.
  expect((await weightsOf('fixed')).equals(await weightsOf('second'))).toBe(false);
}, 60_000);

it('webcir encode says how long it took, and only once', async () => {
  await writeFile(join(folder, 'texts.txt'), 'is red and has long sleeves\n');
  const encode = () => webcir('encode', '--texts', 'texts.txt', '--out', 'features.safetensors');
  expect(await encode()).toMatch(/Timed the kernels for \d+ classes of shapes in [\d.]+ s: \d+ are faster another way/);
  expect(await encode()).not.toContain('Timed');
}, 60_000);

it('and says which file is damaged', async () => {
  await writeFile(record, '{');
  const { code, stderr } = await runIn(folder, cli, 'encode', '--texts', 'texts.txt', '--out', 'features.safetensors');
  expect(code).toBe(0);
  expect(stderr).toBe(`${record} is damaged, and what it remembered is lost: kernels are timed again`);
}, 60_000);
