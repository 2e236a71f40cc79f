// Drives `webcir train`, as built, with the options that its other test leaves at their defaults.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFloat32 } from '@webcir/clip';
import { openWeights } from '@webcir/clip/node';
import { openEmbeddedFromPackage, writeCirr, writeFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, runIn } from './run-cli.ts';

let folder: string;
const small = ['--batch-size', '16', '--combiner-batch-size', '16', '--num-epochs', '2', '--combiner-epochs', '2'];
const webcir = (...args: string[]) => runIn(folder, cli, ...args);
const train = (name: string, dataset: string, ...more: string[]) =>
  webcir('train', '--dataset', dataset, '--data', dataset, '--name', name, ...small, ...more);
const inRun = (run: string, ...path: string[]) => join(folder, 'runs', run, ...path);
const rowsOf = async (run: string): Promise<Record<string, string | number>[]> =>
  JSON.parse(await readFile(inRun(run, 'results.json'), 'utf8')).rows;
const losses = async (run: string): Promise<number[]> =>
  (await readFile(inRun(run, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .flatMap(({ type, loss }) => (type === 'step' ? [loss] : []));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-train-'));
  const embedded = await openEmbeddedFromPackage();
  await writeFashionIq(embedded, join(folder, 'fashioniq'), { maxTriplets: 12 });
  await writeCirr(embedded, join(folder, 'cirr'), { maxTriplets: 12 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('webcir train', () => {
  it('trains the stages one by one to the bits of both at once', async () => {
    for (const [name, ...more] of [
      ['both', '--encoder', 'text'],
      ['first', '--encoder', 'text', '--stages', '1'],
      // The memory budget is for stage 1: here no step of it would fit.
      ['second', '--stages', '2', '--memory-budget', '0.001', '--clip-model-path', inRun('first', 'clip.safetensors')],
    ]) {
      const { code, stderr } = await train(name, 'fashioniq', ...more);
      expect([code, stderr], name).toEqual([0, '']);
    }
    const bytes = (run: string, file: string) => readFile(inRun(run, file));
    expect((await bytes('first', 'clip.safetensors')).equals(await bytes('both', 'clip.safetensors'))).toBe(true);
    expect((await bytes('second', 'combiner.safetensors')).equals(await bytes('both', 'combiner.safetensors'))).toBe(
      true,
    );
    const methods = async (run: string) => [...new Set((await rowsOf(run)).map(({ method }) => method))];
    expect(await methods('first')).toEqual(['image', 'text', 'sum', 'sum-stage1']);
    expect(await methods('second')).toEqual(['image', 'text', 'sum-stage1', 'combiner']);
    expect(await readdir(inRun('first'))).not.toContain('combiner.safetensors');
  }, 240_000);

  it('goes on with a Combiner of its CLIP, told apart from all images', async () => {
    const file = (run: string, name: string) => inRun(run, `${name}.safetensors`);
    const second = ['--stages', '2', '--clip-model-path', file('first', 'clip')];
    const more = ['--negatives', 'all', '--combiner-path', join('runs', 'both', 'combiner.safetensors')];
    const { code, stderr } = await train('more', 'fashioniq', ...second, ...more, '--combiner-lr', '0.00001');
    expect([code, stderr]).toEqual([0, '']);
    const config = JSON.parse(await readFile(inRun('more', 'config.json'), 'utf8'));
    expect(config).toMatchObject({ negatives: 'all', combinerPath: file('both', 'combiner') });
    expect(Object.keys(config.madeFrom)).toContain('the Combiner');
    // So small a rate hardly moves it from where it was, which is not where a fresh one starts.
    const weights = async (run: string) => {
      const { tensors } = await openWeights(file(run, 'combiner'));
      return readFloat32(tensors.get('combiner_layer.weight')!);
    };
    const [moved, before] = [await weights('more'), await weights('both')];
    const largest = Math.max(...moved.map((value, i) => Math.abs(value - before[i])));
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(1e-4);

    const refused = async (...args: string[]) => {
      const ended = await webcir('train', ...args);
      expect([ended.code, ended.stderr.split('\n').length]).toEqual([1, 1]);
      return ended.stderr;
    };
    expect(await refused('--resume', 'runs/more', '--combiner-path', file('more', 'combiner'))).toContain(
      'since it was started, these have changed: the Combiner; put back',
    );
    const fiq = ['--dataset', 'fashioniq', '--data', 'fashioniq', '--name', 'refused', ...small];
    expect(await refused(...fiq, ...more)).toContain('the Combiner was trained on features of another CLIP');
    expect(await refused(...fiq, ...second, ...more, '--hidden-dim', '7')).toContain(
      'the Combiner to go on with has a --hidden-dim of 1024, not 7: leave it out',
    );
    expect(await refused(...fiq, '--encoder', 'both', '--negatives', 'all')).toContain('take --encoder text');
    expect(await readdir(join(folder, 'runs'))).not.toContain('refused');
  }, 240_000);

  it('tunes both encoders in micro-batches with activations computed again, and keeps every epoch', async () => {
    const whole = await train('whole', 'fashioniq', '--encoder', 'both', '--stages', '1');
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    const parts = await train(
      'parts',
      'fashioniq',
      '--encoder',
      'both',
      '--stages',
      '1',
      '--micro-batch-size',
      '4',
      '--checkpoint-activations',
      '--no-save-best',
    );
    expect([parts.code, parts.stderr]).toEqual([0, '']);
    expect(parts.stdout).toContain('its batch of 16 in micro-batches of 4');
    const [expected, found] = [await losses('whole'), await losses('parts')];
    expect(found.length).toBe(expected.length);
    for (const [i, loss] of found.entries()) expect(Math.abs(loss / expected[i] - 1), `step ${i}`).toBeLessThan(2e-3);
    expect((await readdir(inRun('parts', 'checkpoints'))).filter((name) => name.includes('epoch'))).toEqual([
      'clip-epoch-1.safetensors',
      'clip-epoch-2.safetensors',
    ]);
  }, 240_000);

  it('trains on CIRR and keeps the best model by each of the three means', async () => {
    const { code, stdout, stderr } = await train('cirr', 'CIRR', '--data', 'cirr', '--encoder', 'text');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Protocol cirr on the val split of cirr');
    const kept = (await readdir(inRun('cirr'))).filter((name) => name.endsWith('.safetensors')).sort();
    expect(kept).toEqual(
      ['clip', 'combiner'].flatMap((name) => [
        `${name}-geometric.safetensors`,
        `${name}-harmonic.safetensors`,
        `${name}.safetensors`,
      ]),
    );
  }, 240_000);

  it('--skip-missing leaves out what cannot be read, and says so; without it that is an error', async () => {
    const damaged = join(folder, 'damaged');
    await cp(join(folder, 'fashioniq'), damaged, { recursive: true });
    const [{ target }] = JSON.parse(await readFile(join(damaged, 'captions', 'cap.dress.val.json'), 'utf8'));
    await writeFile(join(damaged, 'images', `${target}.jpg`), '');
    const args = ['eval', '--dataset', 'fashioniq', '--data', damaged, '--combining-function', 'sum'];
    const failed = await webcir(...args);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(`${target}.jpg`);
    const { code, stdout } = await webcir(...args, '--skip-missing');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /fashioniq is not complete: 1 images and \d+ triplets are left out\. These numbers do not compare/,
    );
  }, 120_000);

  it('refuses a memory budget that nothing fits, and a micro-batch that does not divide the batch', async () => {
    for (const [more, message] of [
      [['--memory-budget', '0.001'], /stage 1 needs .* GB of GPU memory/],
      [['--micro-batch-size', '3'], /a micro-batch of 3 does not divide the batch of 16/],
    ] as const) {
      const { code, stderr } = await train('refused', 'fashioniq', '--encoder', 'text', ...more);
      expect([code, stderr.split('\n').length]).toEqual([1, 1]);
      expect(stderr).toMatch(message);
      expect(await readdir(join(folder, 'runs'))).not.toContain('refused');
    }
  }, 120_000);
});
