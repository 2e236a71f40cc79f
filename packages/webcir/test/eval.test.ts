// Drives `webcir eval` and `webcir submit`, as built, on embedded images written out in FashionIQ's and CIRR's layouts.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedFromPackage, writeCirr, writeFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccepted } from '../src/commands/eval/submit.ts';
import { incompleteNotes, severalFilesNotes } from '../src/commands/notes.ts';
import { cli, runIn } from './run-cli.ts';

let folder: string;
let fashionIq: string;
let cirr: string;
let run: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-eval-'));
  [fashionIq, cirr, run] = ['fashionIQ_dataset', 'cirr_dataset', 'runs/tiny'].map((name) => join(folder, name));
  const embedded = await openEmbeddedFromPackage();
  await writeFashionIq(embedded, fashionIq, { maxTriplets: 24 });
  await writeCirr(embedded, cirr, { maxTriplets: 24 });
  await askValidationQueriesAsTest(cirr);
  const epochs = ['--num-epochs', '1', '--combiner-epochs', '1', '--batch-size', '16', '--combiner-batch-size', '16'];
  const train = [
    'train',
    '--dataset',
    'fashioniq',
    '--data',
    fashionIq,
    '--out',
    join(folder, 'runs'),
    '--name',
    'tiny',
  ];
  expect(await webcir(...train, '--encoder', 'text', ...epochs)).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const webcir = (...args: string[]) => runIn(folder, cli, ...args);

const json = async (...path: string[]) => JSON.parse(await readFile(join(folder, ...path), 'utf8'));

/** Makes CIRR's test split ask the validation queries again, without their answers. */
async function askValidationQueriesAsTest(root: string): Promise<void> {
  const file = (kind: string, split: string) => join(root, 'cirr', kind, `${kind.slice(0, 3)}.rc2.${split}.json`);
  const captions = JSON.parse(await readFile(join(root, 'cirr/captions/cap.rc2.val.json'), 'utf8'));
  const secret = captions.map(({ target_hard: _, target_soft: __, ...query }: Record<string, unknown>) => query);
  await writeFile(file('captions', 'test1'), JSON.stringify(secret));
  const split = await readFile(join(root, 'cirr/image_splits/split.rc2.val.json'), 'utf8');
  await writeFile(join(root, 'cirr/image_splits/split.rc2.test1.json'), split);
}

describe('webcir eval', () => {
  it('gives the numbers of a run again, by its folder or by the paths of its models', async () => {
    const byRun = await webcir('eval', '--run', run, '--json', 'run.json');
    expect(byRun).toMatchObject({ code: 0, stderr: '' });
    expect(byRun.stdout).toContain('Protocol fashioniq-original. Each category is ranked against all images');
    const { rows } = await json('runs/tiny/results.json');
    const expected = (method: string) =>
      rows
        .filter((row: { method: string }) => row.method === method)
        .map(({ method: _, ...row }: Record<string, unknown>) => row);
    expect((await json('run.json')).results[0].rows).toEqual(expected('combiner'));

    expect(byRun.stdout).not.toContain('the small CLIP');

    const paths = ['--clip-model-path', 'runs/tiny/clip.safetensors', '--dataset', 'fashionIQ', '--data', fashionIq];
    const sum = await webcir('eval', '--combining-function', 'sum', ...paths, '--json', 'sum.json');
    expect(sum).toMatchObject({ code: 0, stderr: '' });
    expect((await json('sum.json')).results[0].rows).toEqual(expected('sum-stage1'));
    // A path that holds in whatever folder the file is read.
    expect((await json('sum.json')).clip_model_path).toBe(join(run, 'clip.safetensors'));
  }, 60_000);

  it('fuses without training, and tells the ranks of every query', async () => {
    const fused = ['eval', '--run', run, '--json', 'fused.json', '--combining-function'];
    const slerp = await webcir(...fused, 'slerp', '--text-weight', '0', '--ranks');
    expect(slerp).toMatchObject({ code: 0, stderr: '' });
    expect(slerp.stdout).toContain('Spherical mean on');
    const { text_weight, results } = await json('fused.json');
    expect(text_weight).toBe(0);
    // At no way from the image to the text it is the image.
    const { rows } = await json('runs/tiny/results.json');
    const images = rows.filter(({ method }: { method: string }) => method === 'image');
    expect(images).toMatchObject(results[0].rows);
    const places = (await json('runs/tiny/places.json')).methods.image;
    expect(results[0].ranks).toEqual(places);
    const refused = async (...more: string[]) => (await webcir('eval', '--run', run, ...more)).stderr;
    expect(await refused('--combining-function', 'rrf', '--text-weight', '0.3')).toContain(
      '--combining-function rrf has no --text-weight: only weighted-sum and slerp have one',
    );
    expect(await refused('--ranks')).toContain('--ranks needs --json');
  }, 60_000);

  it("sets FashionIQ's protocols side by side", async () => {
    const { code, stdout } = await webcir('eval', '--run', run, '--protocol', 'all', '--json', 'all.json');
    expect(code).toBe(0);
    const { results } = await json('all.json');
    const names = ['fashioniq-original', 'fashioniq-original-without-reference', 'fashioniq-val-split'];
    expect(results.map(({ protocol }: { protocol: string }) => protocol)).toEqual(names);
    for (const name of names) {
      expect(stdout).toMatch(new RegExp(`^${name} +\\d`, 'm'));
      expect(stdout).toContain(`Protocol ${name}. Each category is ranked against`);
    }
    // Every image that leaves the gallery can only move the target up.
    const means = results.map(({ rows }: { rows: Record<string, number>[] }) => rows[3].recall_at10);
    expect(means[1]).toBeGreaterThanOrEqual(means[0]);
    expect(means[2]).toBeGreaterThan(means[1]);
  }, 60_000);

  it("shows CIRR's metrics, and the submission has the answers that they were computed from", async () => {
    const models = ['--combining-function', 'sum', '--data', cirr];
    const evaluated = await webcir('eval', '--dataset', 'CIRR', ...models, '--json', 'cirr.json');
    expect(evaluated).toMatchObject({ code: 0, stderr: '' });
    expect(evaluated.stdout).toContain('It takes the small CLIP of the embedded set. Published numbers need');
    expect(evaluated.stdout).toMatch(/R@1 +R@5 +R@10 +R@50 +Rs@1 +Rs@2 +Rs@3 +Avg\.\nSum( +[\d.]+){8}\n/);

    const submitted = await webcir('submit', 'cirr', '--submission-name', 'tiny_1', ...models);
    expect(submitted).toMatchObject({ code: 0, stderr: '' });
    const out = join(folder, 'submission', 'CIRR');
    const files = ['recall_submission_tiny_1.json', 'recall_subset_submission_tiny_1.json'];
    expect((await readdir(out)).sort()).toEqual(files);
    const [recall, subset] = await Promise.all(files.map((name) => json('submission/CIRR', name)));
    const queries = await json('cirr_dataset/cirr/captions/cap.rc2.val.json');
    const scoreOf = (file: Record<string, string[]>, k: number) => {
      const hits = queries.filter((query: { pairid: number; target_hard: string }) =>
        file[query.pairid].slice(0, k).includes(query.target_hard),
      );
      return (100 * hits.length) / queries.length;
    };
    const [scores] = (await json('cirr.json')).results[0].rows;
    for (const k of [1, 5, 10, 50]) expect(scoreOf(recall, k), `R@${k}`).toBeCloseTo(scores[`recall_at${k}`], 10);
    for (const k of [1, 2, 3]) expect(scoreOf(subset, k), `Rs@${k}`).toBeCloseTo(scores[`group_recall_at${k}`], 10);
    for (const { pairid, reference, img_set } of queries) {
      expect([recall[pairid].length, new Set(recall[pairid]).size]).toEqual([50, 50]);
      expect(recall[pairid]).not.toContain(reference);
      expect(subset[pairid].length).toBe(3);
      for (const name of subset[pairid]) expect(img_set.members).toContain(name);
    }
    expect(Object.keys(subset).length).toBe(queries.length + 2);
  }, 60_000);
});

describe('webcir eval --dataset emoji-cir', () => {
  const emoji = ['eval', '--dataset', 'emoji-cir', '--combining-function', 'image'];

  it("ranks by CIRR's protocol, with its own small CLIP", async () => {
    const { code, stdout, stderr } = await webcir(...emoji, '--json', 'emoji.json');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Protocol cirr.');
    const { results } = await json('emoji.json');
    expect(results.map(({ protocol }: { protocol: string }) => protocol)).toEqual(['cirr']);
  }, 60_000);
});

it('names the data sets where one is unknown', async () => {
  const { code, stderr } = await webcir('eval', '--dataset', 'shoes', '--combining-function', 'sum');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /'--dataset <name>' argument 'shoes' is invalid\. expected one of fmnist-cir, emoji-cir, fashioniq/,
  );
});

describe.concurrent('bad input ends in one sentence and exit code 1:', () => {
  const sum = ['--combining-function', 'sum'];
  const fiq = () => ['eval', '--dataset', 'fashioniq', '--data', fashionIq];
  const combiner = () => ['--combining-function', 'combiner', '--combiner-path', join(run, 'combiner.safetensors')];
  const cases: [what: string, args: () => string[], message: RegExp][] = [
    ['no data set', () => ['eval', ...sum], /which data set\? Add --dataset/],
    ['no combining function', fiq, /--combining-function is missing: expected one of combiner, sum, image, text/],
    ['no Combiner', () => [...fiq(), '--combining-function', 'combiner'], /needs --combiner-path/],
    [
      'a Combiner that is not used',
      () => [...fiq(), ...sum, '--combiner-path', join(run, 'combiner.safetensors')],
      /sum does not use the Combiner/,
    ],
    [
      'a Combiner of other sizes',
      () => [...fiq(), ...combiner(), '--hidden-dim', '5120'],
      /combiner\.safetensors: expected a Combiner of --hidden-dim, 5120; found \d+/,
    ],
    [
      'a CLIP in place of a Combiner',
      () => [...fiq(), '--combining-function', 'combiner', '--combiner-path', join(run, 'clip.safetensors')],
      /clip\.safetensors: expected a Combiner, found a CLIP: are the two files swapped\?/,
    ],
    [
      'a Combiner in place of a CLIP',
      () => [...fiq(), ...sum, '--clip-model-path', join(run, 'combiner.safetensors')],
      /combiner\.safetensors: expected a CLIP, found a Combiner: are the two files swapped\?/,
    ],
    [
      'the Combiner of another CLIP',
      () => [...fiq(), ...combiner()],
      /combiner\.safetensors: the Combiner was trained on features of another CLIP, though of the same width/,
    ],
    [
      'a protocol of another set',
      () => [...fiq(), ...sum, '--protocol', 'cirr'],
      /is evaluated by fashioniq-original,/,
    ],
    ['a split that is not there', () => [...fiq(), ...sum, '--split', 'test2'], /this fashioniq has train, val, test/],
    [
      'a split without answers',
      () => ['eval', '--dataset', 'cirr', '--data', cirr, ...sum, '--split', 'test1'],
      /triplet 0 has no target: the answers of its split are secret/,
    ],
    ['a folder that is no run', () => ['eval', '--run', fashionIq], /config\.json is missing/],
    [
      'a submission that is no file name',
      () => ['submit', 'cirr', '--data', cirr, ...sum, '--submission-name', '../x'],
      /--submission-name \.\.\/x: expected letters/,
    ],
    [
      'a submission without its split',
      () => ['submit', 'cirr', '--data', fashionIq, ...sum, '--submission-name', 'x'],
      /holds none of captions\/cap\.rc2/,
    ],
  ];
  for (const [what, args, message] of cases) {
    it(what, async () => {
      const { code, stderr } = await webcir(...args(), ...(args()[0] === 'submit' ? ['--out', 'never'] : []));
      expect(stderr).toMatch(message);
      expect(code).toBe(1);
      expect(stderr.split('\n')).toHaveLength(1);
      expect(existsSync(join(folder, 'never'))).toBe(false);
    }, 60_000);
  }
});

it('a submission larger than the server takes is not written', () => {
  expect(() => expectAccepted('x.json', 'é'.repeat(2_500_000))).not.toThrow();
  expect(() => expectAccepted('x.json', 'é'.repeat(2_600_000))).toThrow('x.json would have 5.2 MB');
});

it('images with several files that differ are told', async () => {
  const dataset = await openEmbeddedFromPackage();
  expect(severalFilesNotes(dataset)).toEqual([]);
  const [first, second] = dataset.gallery('val');
  const files = Object.fromEntries(['a.jpg', 'a.png', 'copy.jpg'].map((name) => [name, join(folder, name)]));
  for (const [name, path] of Object.entries(files)) await writeFile(path, name === 'a.png' ? 'other' : 'same');
  const others: Record<string, string[]> = { [first]: [files['copy.jpg']], [second]: [files['a.png']] };
  const shared = { ...dataset, file: () => files['a.jpg'], otherFiles: (id: string) => others[id] ?? [] };
  const names = `${files['a.jpg']} and ${files['a.png']}`;
  expect(severalFilesNotes(shared)).toEqual([
    expect.stringContaining(`images with several files that differ: 1, such as ${names}. The first is taken;`),
  ]);
});

it('numbers of a data set that is not whole say so', async () => {
  const dataset = await openEmbeddedFromPackage();
  expect(incompleteNotes(dataset)).toEqual([]);
  const [note] = incompleteNotes({ ...dataset, incomplete: { images: 3, triplets: 8 } });
  expect(note).toContain('3 images and 8 triplets are left out. These numbers do not compare with published ones.');
});
