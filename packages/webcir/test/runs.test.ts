// Drives `webcir train`, as built, with what happens to runs: twins, full disks, moved folders, changed data.
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, renameSync, symlinkSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openEmbeddedFromPackage, writeFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { cli, environmentIn, runIn } from './run-cli.ts';

let folder: string;
/** The folder of a run that the tests interrupt and resume. */
let run: string;
const webcir = (...args: string[]) => runIn(folder, cli, ...args);
const json = async (file: string) => JSON.parse(await readFile(file, 'utf8'));
const captions = () => join(folder, 'fiq', 'captions', 'cap.dress.train.json');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-runs-'));
  run = join(folder, 'runs', 'twin');
  await writeFashionIq(await openEmbeddedFromPackage(), join(folder, 'fiq'), { maxTriplets: 14 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args], { env: environmentIn(folder), cwd: folder });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('exit', async (code) => {
      const [stdout, stderr] = await said;
      resolve({ code, stdout, stderr: stderr.trim() });
    }),
  );
  return { child, ended };
}

it('one of two that start at once is refused, and a full disk ends the other in a sentence', async () => {
  // A command as CLIP4Cir's README has it, on few triplets, without sizes of batches.
  const train = ['train', '--dataset', 'fashionIQ', '--data', 'fiq', '--name', 'twin', '--api-key', 'secret'];
  const twins = [0, 1].map(() => start(...train, '--encoder', 'text', '--num-epochs', '8', '--combiner-epochs', '1'));
  const refused = await Promise.race(
    twins.map(({ ended }, i) => ended.then((end) => ({ ...end, other: twins[1 - i] }))),
  );
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/^error: the run runs\/twin is being trained by process \d+: wait for it, or delete .*$/),
  ]);
  await vi.waitFor(() => expect(existsSync(join(run, 'config.json'))).toBe(true), 100_000);
  const resumed = await webcir('train', '--resume', 'runs/twin');
  expect([resumed.code, resumed.stderr]).toEqual([1, expect.stringContaining('is being trained by process')]);

  const checkpoint = join(run, 'checkpoints', 'stage1.safetensors');
  await vi.waitFor(() => expect(existsSync(checkpoint)).toBe(true), 100_000);
  const kept = await readFile(checkpoint);
  const full = setInterval(() => {
    if (lstatSync(checkpoint).isSymbolicLink()) return;
    symlinkSync('/dev/full', join(folder, 'full')); // whoever writes to it finds no space
    renameSync(join(folder, 'full'), checkpoint);
  }, 10);
  const { code, stdout, stderr } = await refused.other.ended;
  clearInterval(full);
  await rm(checkpoint);
  await writeFile(checkpoint, kept);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^error: runs\/twin\/checkpoints\/stage1\.safetensors cannot be/),
  ]);
  expect(stderr).toContain('ENOSPC: no space left on device, write;');
  expect(stderr).toMatch(/; make room, and go on from the last epoch with webcir train --resume runs\/twin$/);
  expect(await readdir(join(folder, 'runs'))).toEqual(['twin']);

  expect(stdout).toContain('--api-key has no effect: nothing goes to Comet');
  expect(stdout).toContain('It takes the small CLIP of the embedded set.');
  expect(stdout).toContain(
    'With so few triplets it takes --batch-size 32 (usually 128) and --combiner-batch-size 32 (usually 4096).',
  );
  const config = await readFile(join(run, 'config.json'), 'utf8');
  expect(config).not.toContain('secret');
  expect(JSON.parse(config)).toMatchObject({ data: join(folder, 'fiq'), batchSize: 32, combinerBatchSize: 32 });
}, 240_000);

it('a run is not resumed with other data, weights or options', async () => {
  const resume = async (...more: string[]) => {
    const { code, stderr } = await webcir('train', '--resume', 'runs/twin', ...more);
    expect([code, stderr.split('\n').length]).toEqual([1, 1]);
    return stderr;
  };
  expect(await resume('--seed', '7', '--no-save-best', '--combiner-epochs', '60')).toMatch(
    /--seed, --no-save-best, --combiner-epochs cannot change .* leave out all but --data, --clip-model-path and --combiner-path/,
  );
  const before = await readFile(captions(), 'utf8');
  const entries = JSON.parse(before);
  entries[3].captions[0] = 'is something else';
  await writeFile(captions(), JSON.stringify(entries));
  expect(await resume()).toMatch(/twin cannot go on, .*these have changed: the captions of train; put back/);
  await writeFile(captions(), JSON.stringify(JSON.parse(before).slice(1)));
  expect(await resume()).toContain('these have changed: the captions of train, the triplets of train');
  await writeFile(captions(), before);

  const moved = join(folder, 'elsewhere');
  await mkdir(moved);
  await cp(join(folder, 'fiq'), join(moved, 'fiq'), { recursive: true, preserveTimestamps: true });
  const [image] = await readdir(join(moved, 'fiq', 'images'));
  await utimes(join(moved, 'fiq', 'images', image), 1, 1);
  expect(await resume('--data', join(moved, 'fiq'))).toContain(
    'these have changed: the images (sizes and times of their files);',
  );
  expect(await resume('--clip-model-path', join(run, 'checkpoints', 'stage1-best.safetensors'))).toContain('the CLIP');
  await rm(moved, { recursive: true });
  expect((await json(join(run, 'config.json'))).data).toBe(join(folder, 'fiq'));
}, 240_000);

it('an interrupted one goes on from another folder with data that were moved, and is evaluated there', async () => {
  const moved = join(folder, 'moved');
  await mkdir(moved);
  await rename(join(folder, 'fiq'), join(moved, 'fiq'));
  // A kill leaves the lock, and may cut the last line.
  await writeFile(join(folder, 'runs', '.twin.lock'), `${2 ** 22 + 1} 1 a`);
  const metrics = join(run, 'metrics.jsonl');
  await writeFile(metrics, (await readFile(metrics, 'utf8')).slice(0, -7));
  const resumed = await runIn(moved, cli, 'train', '--resume', '../runs/twin', '--data', 'fiq');
  expect([resumed.code, resumed.stderr]).toEqual([0, '']);
  expect((await readdir(join(folder, 'runs'))).sort()).toEqual(['twin']);
  const lines = (await readFile(metrics, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const steps = lines.filter(({ stage, type }) => stage === 'stage 1' && type === 'step').map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: 8 }, (_, i) => i + 1));

  const there = await runIn(tmpdir(), cli, 'eval', '--run', run, '--json', join(folder, 'made', 'eval.json'));
  expect([there.code, there.stderr]).toEqual([0, '']);
  const { rows } = await json(join(run, 'results.json'));
  const combiner = rows.filter(({ method }: { method: string }) => method === 'combiner');
  expect(combiner).toMatchObject((await json(join(folder, 'made', 'eval.json'))).results[0].rows);
}, 240_000);
