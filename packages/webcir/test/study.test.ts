// Drives `webcir study`, as built, on a small run on embedded images written out in FashionIQ's layout.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@webcir/clip/node';
import { openEmbeddedFromPackage, writeFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, runIn } from './run-cli.ts';

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-study-'));
  data = join(folder, 'fashionIQ_dataset');
  await writeFashionIq(await openEmbeddedFromPackage(), data, { maxTriplets: 24 });
  const epochs = ['--num-epochs', '1', '--combiner-epochs', '1', '--batch-size', '16', '--combiner-batch-size', '16'];
  const source = ['--dataset', 'fashioniq', '--data', data, '--encoder', 'text'];
  expect(await webcir('train', ...source, ...epochs, '--name', 'tiny')).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const webcir = (...args: string[]) => runIn(folder, cli, ...args);
const text = (...path: string[]) => readFile(join(folder, ...path), 'utf8');

interface NumberRow {
  readonly quantity: string;
  readonly of: string;
  readonly stage: string;
  readonly compared_with: string | null;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

describe('webcir study', () => {
  let said: string;
  let page: string;
  let numbers: readonly NumberRow[];

  beforeAll(async () => {
    const { code, stdout, stderr } = await webcir(
      'study',
      '--run',
      'runs/tiny',
      '--out',
      'report',
      '--resamples',
      '40',
    );
    expect([code, stderr]).toEqual([0, '']);
    said = stdout;
    page = await text('report', 'index.html');
    ({ numbers } = JSON.parse(await text('report', 'numbers.json')));
  }, 120_000);

  const numberOf = (quantity: string, of: string, stage: string) =>
    numbers.find((row) => row.quantity === quantity && row.of === of && row.stage === stage && !row.compared_with)!;

  it('has the recalls that webcir eval has', async () => {
    const source = ['--run', 'runs/tiny', '--split', 'val', '--json', 'eval.json'];
    const recallOf = async (...args: string[]) => {
      expect(await webcir('eval', ...source, ...args)).toMatchObject({ code: 0 });
      return JSON.parse(await text('eval.json')).results[0].rows.at(-1).recall_at10 as number;
    };
    const whole = await recallOf();
    expect(numberOf('on all queries', 'R@10', 'stage2').value).toBeCloseTo(whole, 10);
    expect(numberOf('R@10 without a part', 'whole Combiner', 'stage2').value).toBeCloseTo(whole, 10);
    const sum = await recallOf('--combining-function', 'sum');
    expect(numberOf('on all queries', 'R@10', 'stage1').value).toBeCloseTo(sum, 10);
    // The middle of a linear sweep is the plain sum.
    expect(numberOf('recall over the weight of the text', 'linear, weight 0.5', 'stage1').value).toBeCloseTo(sum, 10);
  }, 60_000);

  it('measures every quantity, with an interval', () => {
    const quantities = new Set(numbers.map(({ quantity }) => quantity));
    for (const quantity of [
      'norm',
      'gap',
      'angle',
      'mean cosine within',
      'alignment',
      'uniformity',
      'effective rank',
      'AUC',
      'd′',
      'overlap',
      'text along target − reference',
      'best weight of the text',
      'λ',
      'λ by caption',
      'learned term',
      'solved by',
      'rank moves, other words',
      'rank moves, the other order',
      'rank gain by caption',
      'share of the 10 nearest images kept',
      'movement apart from neighbours',
      'share of the 10 nearest points kept by the map',
      '% of variance',
      'norm, standard deviation',
      'rank gain by caption, standard deviation',
    ]) {
      expect(quantities).toContain(quantity);
    }
    const all = numbers.filter(({ value }) => value !== null);
    expect(all.length).toBeGreaterThan(200);
    for (const { low, high, ...row } of all) {
      expect(low, JSON.stringify(row)).not.toBeNull();
      expect(high, JSON.stringify(row)).toBeGreaterThanOrEqual(low);
    }
    const shares = numbers.filter(
      ({ quantity, stage, compared_with }) => quantity === 'solved by' && stage === 'base' && !compared_with,
    );
    const oneHalf = shares.find(({ of }) => of === 'one half alone')!;
    const kinds = shares.filter((row) => row !== oneHalf);
    expect(kinds.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(100, 10);
    const halves = kinds.filter(({ of }) => of !== 'one half alone' && of.endsWith('alone'));
    expect(halves.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(oneHalf.value, 10);
  });

  it('knows that tuning the text encoder leaves images as they were', () => {
    const changes = numbers.filter(({ compared_with, of }) => compared_with === 'base' && of === 'images');
    expect(changes.length).toBeGreaterThan(2);
    for (const { value, low, high } of changes) expect([value, low, high]).toEqual([0, 0, 0]);
    expect(numberOf('share of the 10 nearest images kept', 'targets', 'stage1').value).toBe(1);
  });

  it('writes the same numbers as CSV', async () => {
    const [head, ...lines] = (await text('report', 'numbers.csv')).trimEnd().split('\r\n');
    expect(head).toBe('section,quantity,of,stage,compared_with,value,low,high');
    expect(lines).toHaveLength(numbers.length);
    expect(lines.map((line) => Number(line.split(',').at(-3)))).toEqual(numbers.map(({ value }) => value ?? 0));
  });

  it('draws figures that are not empty, in the page and in files', async () => {
    const files = await readdir(join(folder, 'report', 'figures'));
    const shown = [...page.matchAll(/<figure id="figure-([^"]+)"/g)].map(([, name]) => `${name}.svg`);
    expect(files.sort()).toEqual(shown.sort());
    expect(files.length).toBeGreaterThan(25);
    for (const file of files) {
      const svg = await text('report', 'figures', file);
      expect(svg, file).toMatch(/<g class="mark-\w+ role-mark[^>]*><(path|line|g)/);
      expect(svg, file).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('has links that lead somewhere, and asks for nothing from a network', () => {
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links).toHaveLength(9);
    for (const id of links) expect(ids).toContain(id);
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)|url\(|@import|<link/);
    expect(page.replace(/<script>.*?<\/script>/s, '')).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('has maps of every stage with the same points, and an atlas with a picture of each image', async () => {
    const [, json] = page.match(/<script type="application\/json"[^>]*>(.*?)<\/script>/s)!;
    const { stages, pictures, images, queries, layouts, tile, columns, moves } = JSON.parse(json);
    expect(stages).toEqual(['base CLIP', 'after stage 1', 'after stage 2']);
    expect(layouts.map(({ name }: { name: string }) => name)).toEqual(['UMAP', 'PCA']);
    for (const { panels } of layouts) {
      const [base, stage1, stage2] = panels.map(({ positions }: { positions: number[] }) => positions);
      for (const positions of [base, stage1, stage2]) {
        expect(positions).toHaveLength(2 * (images.length + 3 * queries.length));
      }
      // Tuning the text encoder leaves images where they were; the Combiner moves queries alone.
      expect(stage1.slice(0, 2 * images.length)).toEqual(base.slice(0, 2 * images.length));
      const others = 2 * (images.length + 2 * queries.length);
      expect(stage2.slice(0, others)).toEqual(stage1.slice(0, others));
      expect(stage2.slice(others)).not.toEqual(stage1.slice(others));
    }
    expect(Object.keys(moves[2])).toEqual(['queries']);
    const [, webp] = page.match(/<img class="atlas"[^>]* src="data:image\/webp;base64,([^"]+)"/)!;
    const { width, height } = await decodeImage(new Uint8Array(Buffer.from(webp, 'base64')));
    expect([width, height]).toEqual([tile * columns, tile * Math.ceil(pictures.length / columns)]);
  });

  it('says in words what the page says', () => {
    const findings = [...page.matchAll(/<ul class="findings">([\s\S]*?)<\/ul>/g)].flatMap(([, list]) =>
      [...list.matchAll(/<li>(.*)<\/li>/g)].map(([, finding]) => finding),
    );
    expect(findings.length).toBeGreaterThan(20);
    for (const finding of findings) expect(said).toContain(finding.replaceAll('&#39;', "'"));
  });

  it('takes models one by one, fewer of them, and another text of a query', async () => {
    const files = ['--clip-model-path', 'runs/tiny/clip.safetensors', '--dataset', 'fashioniq', '--data', data];
    const options = ['--models', 'stage1', '--query-text', 'searle', '--resamples', '20', '--out', 'one'];
    const { code, stderr } = await webcir('study', ...files, ...options);
    expect([code, stderr]).toEqual([0, 'The model leaves out words that it does not know: $']);
    const { models, queryText, numbers: one } = JSON.parse(await text('one', 'numbers.json'));
    expect([models, queryText]).toEqual([['stage1'], 'searle']);
    const value = (quantity: string, of: string) =>
      one.find((row: NumberRow) => row.quantity === quantity && row.of === of).value;
    expect(value('norm', 'images')).toBe(numberOf('norm', 'images', 'stage1').value);
    expect(value('norm', 'texts')).not.toBe(numberOf('norm', 'texts', 'stage1').value);
    expect(one.some((row: NumberRow) => row.quantity === 'λ')).toBe(false);
  }, 60_000);
});

describe.concurrent('bad input ends in one sentence and exit code 1:', () => {
  const set = () => ['--dataset', 'fashioniq', '--data', data];
  const cases: [what: string, args: () => string[], message: RegExp][] = [
    ['no data set', () => [], /which data set\? Add --dataset/],
    ['no tuned CLIP', () => [...set(), '--models', 'base,stage1'], /--models stage1 needs --clip-model-path/],
    ['no Combiner', () => [...set(), '--models', 'stage2'], /--models stage2 needs --combiner-path/],
    ['a split that is not there', () => [...set(), '--split', 'x'], /--split x: this fashioniq has train, val, test/],
    ['a protocol of another set', () => [...set(), '--protocol', 'cirr'], /is evaluated by fashioniq-original,/],
    [
      'a Combiner in place of the base CLIP',
      () => ['--run', 'runs/tiny', '--base-clip-model-path', 'runs/tiny/combiner.safetensors'],
      /combiner\.safetensors: expected a CLIP, found a Combiner/,
    ],
  ];
  for (const [what, args, message] of cases) {
    it(what, async () => {
      const { code, stderr } = await webcir('study', ...args(), '--out', 'never');
      expect(stderr).toMatch(message);
      expect([code, stderr.split('\n').length]).toEqual([1, 1]);
      expect(existsSync(join(folder, 'never'))).toBe(false);
    }, 60_000);
  }

  it('a model that there is not', async () => {
    const { code, stderr } = await webcir('study', ...set(), '--models', 'base,stage3', '--out', 'never');
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected some of base, stage1, stage2, found 'stage3'/);
  });
});
