// Drives the commands, as built, on captions and names that people have: too long, of unknown words, called mean.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TextTokenizer } from '@webcir/clip';
import { openWeights } from '@webcir/clip/node';
import { openEmbeddedFromPackage, writeFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { EncoderSession } from '../src/commands/session.ts';
import { warnOfUnknownWords } from '../src/commands/texts.ts';
import { cli, runIn } from './run-cli.ts';

let folder: string;
let ids: readonly string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-texts-'));
  const set = await openEmbeddedFromPackage();
  await writeFashionIq(set, folder, { maxTriplets: 4 });
  ids = set
    .triplets('val', 'dress')
    .slice(0, 4)
    .map(({ reference }) => reference);
});
afterAll(() => rm(folder, { recursive: true }));

const webcir = (...args: string[]) => runIn(folder, cli, ...args);
const long = 'is dark '.repeat(60).trim(); // 122 tokens with start and end

/** Writes triplets of two categories, two for each caption. */
async function captions(bySplit: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const lines = Object.entries(bySplit).flatMap(([split, texts]) =>
    texts.flatMap((text) =>
      ['mean', 'hat'].map((category, i) => `${ids[i]},${ids[i + 1]},${text},${split},${category}`),
    ),
  );
  await writeFile(join(folder, 'triplets.csv'), ['reference,target,caption,split,category', ...lines].join('\n'));
}

const own = ['--dataset', 'folder', '--data', '.'];
const train = [
  'train',
  ...own,
  '--stages',
  '2',
  '--combiner-epochs',
  '1',
  '--combiner-batch-size',
  '2',
  '--no-autotune',
];

it('data check finds captions that are too long, with file and line', async () => {
  await captions({ train: ['is dark', long], val: ['is dark', long] });
  const { code, stdout } = await webcir('data', 'check', ...own, '--list', 'list.jsonl');
  expect(code).toBe(1);
  expect(stdout).toContain('folder: 2 problems');
  expect(stdout).toContain(`\nNote: train: triplets.csv, line 4: 122 tokens, of which training takes 77: "${long}"`);
  expect(stdout).toContain(`\nval: triplets.csv, line 8: 122 tokens, CLIP reads at most 77: "${long}"`);
  const [first] = (await readFile(join(folder, 'list.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(first)).toMatchObject({ split: 'val', id: 'mean-val-6', kind: 'long' });
  await captions({ train: [long], val: ['is dark'] });
  expect((await webcir('data', 'check', ...own)).code).toBe(0);
}, 30_000);

it('an evaluation refuses a caption that is too long with file and line, before anything else, or cuts it', async () => {
  await captions({ train: ['is dark'], val: ['is dark', long] });
  const refusal = 'triplets.csv, line 6: a text has 122 tokens, the model reads at most 77 (truncate cuts it)';
  const evaluate = ['eval', ...own, '--combining-function', 'sum', '--no-autotune'];
  for (const command of [train, evaluate]) {
    const { code, stdout, stderr } = await webcir(...command);
    expect(code).toBe(1);
    expect(stderr).toContain(refusal);
    expect(stdout).not.toContain('images');
  }
  const { code, stderr } = await webcir(...evaluate, '--truncate');
  expect(stderr).toBe('val: 2 of the captions have more than 77 tokens and are cut, the first: triplets.csv, line 6');
  expect(code).toBe(0);
}, 60_000);

it('training cuts captions and says so, names unknown words, and keeps a category called mean from the mean', async () => {
  await captions({ train: ['is dark zebra', long], val: ['okapi', 'is dark'] });
  const { code, stdout, stderr } = await webcir(...train, '--name', 'own');
  expect(stderr.split('\n')).toEqual([
    'train: 2 of the captions have more than 77 tokens and are cut, the first: triplets.csv, line 4',
    'The model leaves out words that it does not know: zebra, okapi',
    'Nothing is left of these texts: "okapi"',
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ +mean +hat +mean of all$/m);
  const { rows } = JSON.parse(await readFile(join(folder, 'runs/own/results.json'), 'utf8'));
  const sum = rows.filter(({ method }: { method: string }) => method === 'image');
  expect(sum.map(({ category, isMean }: Record<string, unknown>) => [category, isMean])).toEqual([
    ['mean', undefined],
    ['hat', undefined],
    ['mean of all', true],
  ]);
}, 60_000);

it('encode warns of unknown words, and names the line of a text that is too long, or cuts it', async () => {
  await writeFile(join(folder, 'texts.txt'), `is dark\nzebra\nis ${long}\n`);
  const encode = ['encode', '--texts', 'texts.txt', '--out', 'features.safetensors', '--no-autotune'];
  const refused = await webcir(...encode);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('texts.txt, line 3: a text has 123 tokens');
  const { code, stderr } = await webcir(...encode, '--truncate');
  expect(stderr.split('\n')).toEqual([
    'The model leaves out words that it does not know: zebra',
    'Nothing is left of these texts: "zebra"',
  ]);
  expect(code).toBe(0);
  const { tensors } = await openWeights(join(folder, 'features.safetensors'));
  expect(tensors.get('text_features')!.shape).toEqual([3, 128]);
}, 60_000);

it('a text of which nothing is left is named also where texts are padded, as SigLIP has them', () => {
  const padded = { rows: [1, 0, 0, 0], cut: 0 };
  const tokens: TextTokenizer = (text) =>
    text === 'okapi' ? { ...padded, textLength: 0, unknown: ['okapi'] } : { ...padded, textLength: 2, unknown: [] };
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  warnOfUnknownWords({ tokens } as EncoderSession, ['is dark', 'okapi']);
  const said = warn.mock.calls.flat();
  warn.mockRestore();
  expect(said).toEqual([
    'The model leaves out words that it does not know: okapi',
    'Nothing is left of these texts: "okapi"',
  ]);
});
