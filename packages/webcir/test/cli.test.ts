// Drives the real command, as built, on embedded images written out in FashionIQ's layout.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEmbeddedFromPackage, writeFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, environmentIn, killWhen, runIn } from './run-cli.ts';

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-cli-'));
  data = join(folder, 'fashionIQ_dataset');
  await writeFashionIq(await openEmbeddedFromPackage(), data, { maxTriplets: 24 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const webcir = (...args: string[]) => runIn(folder, cli, ...args);

const small = [
  '--encoder',
  'text',
  '--batch-size',
  '16',
  '--combiner-batch-size',
  '16',
  '--num-epochs',
  '3',
  '--combiner-epochs',
  '3',
  '--validation-frequency',
  '1',
];
const train = (name: string) => [
  'train',
  '--dataset',
  'fashioniq',
  '--data',
  data,
  '--out',
  join(folder, 'runs'),
  '--name',
  name,
  ...small,
];

describe('webcir train', () => {
  it('leaves config, metrics, checkpoints, results and a page, and shows the table', async () => {
    const { code, stdout, stderr } = await webcir(...train('whole'));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('Combiner after stage 2');
    const path = join(folder, 'runs', 'whole');
    expect((await readdir(path)).sort()).toEqual([
      'checkpoints',
      'clip.safetensors',
      'combiner.safetensors',
      'config.json',
      'metrics.jsonl',
      'places.json',
      'report.html',
      'results.json',
    ]);
    const { rows } = JSON.parse(await readFile(join(path, 'results.json'), 'utf8'));
    const methods = ['image', 'text', 'sum', 'sum-stage1', 'combiner'];
    const categories = ['dress', 'shirt', 'toptee', 'mean'];
    expect(rows.map(({ method, category }: Record<string, string>) => `${method} ${category}`)).toEqual(
      methods.flatMap((method) => categories.map((category) => `${method} ${category}`)),
    );
    for (const row of rows) expect(row.recall_at50).toBeGreaterThanOrEqual(row.recall_at10);
    const metrics = (await readFile(join(path, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(metrics.filter(({ type }) => type === 'epoch')).toHaveLength(6);
    expect((await readFile(join(path, 'report.html'), 'utf8')).match(/<svg/g)!.length).toBeGreaterThanOrEqual(2);
  }, 240_000);

  it('that was killed goes on to the same bits', async () => {
    const path = join(folder, 'runs', 'killed');
    await killWhen(folder, train('killed'), join(path, 'metrics.jsonl'), /"type":"epoch"/);
    expect(existsSync(join(path, 'results.json'))).toBe(false);
    const { code, stderr } = await webcir('train', '--resume', path);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    for (const file of ['clip.safetensors', 'combiner.safetensors']) {
      const [resumed, whole] = await Promise.all(
        ['killed', 'whole'].map((name) => readFile(join(folder, 'runs', name, file))),
      );
      expect(resumed.equals(whole), file).toBe(true);
    }
  }, 240_000);

  it('gives the same numbers with every shortcut switched off', async () => {
    const off = ['--no-image-cache', '--no-trim-text', '--no-text-cache', '--no-fold-batchnorm'];
    const { code, stderr } = await webcir(...train('plain'), ...off);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const losses = async (name: string) => {
      const lines = (await readFile(join(folder, 'runs', name, 'metrics.jsonl'), 'utf8')).trim().split('\n');
      return lines
        .map((line) => JSON.parse(line))
        .flatMap(({ type, loss }) => (type === 'step' ? [loss as number] : []));
    };
    const [plain, short] = await Promise.all(['plain', 'whole'].map(losses));
    expect(plain.length).toBe(short.length);
    for (const [i, loss] of plain.entries()) expect(Math.abs(loss / short[i] - 1), `step ${i}`).toBeLessThan(2e-3);
  }, 240_000);
});

it("the README's example finds images in a folder", async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1];
  const script = fileURLToPath(new URL('../dist/readme-example.mjs', import.meta.url)); // where 'webcir/node' resolves
  await writeFile(script, example);
  await symlink(join(folder, 'runs', 'whole'), join(folder, 'runs', 'mine'));
  await mkdir(join(folder, 'images'));
  const names = (await readdir(join(data, 'images'))).slice(0, 12);
  for (const name of names) await cp(join(data, 'images', name), join(folder, 'images', name));
  for (const name of ['._a.jpg', '.DS_Store', 'Thumbs.db']) await writeFile(join(folder, 'images', name), '');
  const { code, stdout } = await runIn(folder, script);
  expect(code).toBe(0);
  expect(stdout.match(/rank: \d/g)).toEqual([1, 2, 3, 4, 5].map((rank) => `rank: ${rank}`));
  expect([...stdout.matchAll(/id: '(.*?)'/g)]).toHaveLength(5);
  for (const [, id] of stdout.matchAll(/id: '(.*?)'/g)) expect(names).toContain(id);
}, 120_000);

it('webcir summary shows the mean over runs and what each stage gains', async () => {
  const { code, stdout } = await webcir('summary', ...['whole', 'killed'].map((name) => join(folder, 'runs', name)));
  expect(code).toBe(0);
  expect(stdout).toContain('2 runs, mean');
  expect(stdout).toMatch(/Combiner after stage 2 minus sum after stage 1, R@50: -?[\d.]+ \[-?[\d.]+, -?[\d.]+\]/);
});

describe('bad input ends in one sentence, exit code 1 and no run folder:', () => {
  const cases: [what: string, args: () => string[] | Promise<string[]>, message: RegExp][] = [
    ['a missing folder', () => ['train', '--dataset', 'fashioniq', '--data', join(folder, 'nowhere')], /nowhere/],
    ['an unknown option', () => ['train', '--epoch', '3'], /unknown option '--epoch'/],
    ['a number out of range', () => ['train', '--dropout', '2'], /expected a number from 0 to 0.95/],
    [
      'a batch larger than the data',
      () => [...train('large'), '--batch-size', '5000'],
      /a batch of 5000 is larger than the training data \(72 examples\)/,
    ],
    ['--data without --dataset', () => ['train', '--data', data], /add --dataset fashioniq/],
    [
      'weights that are not there',
      () => ['train', '--clip-model-path', join(folder, 'no.safetensors')],
      /no\.safetensors/,
    ],
    ['a run that is not finished', () => ['summary', folder], /places\.json is missing/],
    ['a folder that is no run', () => ['train', '--resume', folder], /config\.json is missing/],
    [
      'ranks that are cut',
      async () => {
        const run = join(folder, 'cut');
        await mkdir(run, { recursive: true });
        await writeFile(join(run, 'places.json'), '{"protocol": "fash');
        return ['summary', run];
      },
      /places\.json: is not JSON/,
    ],
    [
      'ranks that are none',
      async () => {
        const run = join(folder, 'none');
        await mkdir(run, { recursive: true });
        await writeFile(join(run, 'places.json'), '{"protocol": "cirr"}');
        return ['summary', run];
      },
      /places\.json: expected the ranks of each method in "methods", found none/,
    ],
    [
      'a config that is none',
      async () => {
        const run = join(folder, 'no config');
        await mkdir(run, { recursive: true });
        await writeFile(join(run, 'config.json'), '{}');
        return ['train', '--resume', run];
      },
      /config\.json: expected the name of a data set in "dataset" \(fmnist-cir, .*\), found undefined/,
    ],
    [
      'a caption file with a missing field',
      async () => ['train', '--dataset', 'fashioniq', '--data', await damaged('captions', damageCaptions)],
      /cap\.dress\.train\.json.*entry 3.*captions/,
    ],
    [
      'an unreadable image',
      async () => [
        'train',
        '--dataset',
        'fashioniq',
        '--data',
        await damaged('image', damageImage),
        '--batch-size',
        '16',
        '--combiner-batch-size',
        '16',
      ],
      /\.jpg/,
    ],
  ];
  for (const [what, args, message] of cases) {
    it(what, async () => {
      const before = existsSync(join(folder, 'runs')) ? await readdir(join(folder, 'runs')) : [];
      const { code, stderr } = await webcir(...(await args()));
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
      expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
      expect(existsSync(join(folder, 'runs')) ? await readdir(join(folder, 'runs')) : []).toEqual(before);
    }, 60_000);
  }
});

it('webcir --help names the commands', async () => {
  const { code, stdout } = await webcir('--help');
  expect(code).toBe(0);
  for (const command of ['train', 'pretrain', 'summary', 'study']) expect(stdout).toContain(command);
});

describe('webcir ends without a word where nobody reads on,', () => {
  const piped = async (command: string) => {
    const script = `set -o pipefail; node=$1; cli=$2; ${command}`;
    const options = { env: environmentIn(folder), cwd: folder };
    return new Promise<{ code: number; stderr: string }>((resolve) => {
      execFile('bash', ['-c', script, 'bash', process.execPath, cli], options, (error, _, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stderr: stderr.trim() }),
      );
    });
  };

  it('a help text', async () => {
    // Closed before it begins, so that its first line is too much.
    const { code, stderr } = await piped('(sleep 1; "$node" "$cli" train --help) | true');
    expect([code, stderr]).toEqual([0, '']);
  });

  it('but says so where its output goes to a full disk', async () => {
    const { code, stderr } = await piped('"$node" "$cli" train --help > /dev/full');
    expect([code, stderr]).toEqual([
      1,
      'error: standard output cannot be written: ENOSPC: no space left on device, write',
    ]);
  });

  it('a command with work left', async () => {
    await writeFile(join(folder, 'texts.txt'), 'is red\n');
    const { code, stderr } = await piped('(sleep 1; "$node" "$cli" encode --texts texts.txt --out never/x) | true');
    expect([code, stderr]).toEqual([141, '']);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  }, 60_000);
});

/** A copy of the data set with something wrong in it. */
async function damaged(name: string, damage: (copy: string) => Promise<void>): Promise<string> {
  const copy = join(folder, `damaged ${name}`);
  await cp(data, copy, { recursive: true });
  await damage(copy);
  return copy;
}

async function damageCaptions(copy: string): Promise<void> {
  const file = join(copy, 'captions', 'cap.dress.train.json');
  const entries = JSON.parse(await readFile(file, 'utf8'));
  delete entries[3].captions;
  await writeFile(file, JSON.stringify(entries));
}

async function damageImage(copy: string): Promise<void> {
  const [first] = JSON.parse(await readFile(join(copy, 'image_splits', 'split.dress.val.json'), 'utf8'));
  await writeFile(join(copy, 'images', `${first}.jpg`), 'not an image');
}
