// Drives the real command, as built, once in each of its modes.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOptions, usage } from '../src/options.ts';
import { page } from '../src/report/page.ts';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-bench-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [cli, ...args, ...(args.includes('--out') ? [] : ['--out', folder])],
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

describe('pnpm bench', () => {
  it('times ops and programs, writes both reports, and compares with them', async () => {
    const { code, stdout } = await bench('--rounds', '1', 'broadcast', 'submits');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ceilings: [\d.]+ GFLOP\/s of arithmetic/m);
    expect(stdout).toMatch(/^broadcast .* forward +default +[\d.]+ /m);
    expect(stdout).toMatch(/^broadcast .* backward +default +[\d.]+ /m);
    expect(stdout).toMatch(/^submits +[\d.]+ /m);
    const json = (await readdir(folder)).find((name) => name.endsWith('.json'))!;
    const results = JSON.parse(await readFile(join(folder, json), 'utf8'));
    expect(results.ops).toHaveLength(2);
    expect(results.programs[0].name).toBe('submits');
    expect(await readFile(join(folder, json.replace(/json$/, 'html')), 'utf8')).toBe(page(results));

    const again = await bench('--rounds', '1', 'broadcast', '--compare', join(folder, json));
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^\d of 2 timings moved beyond noise\.$/m);
    expect(again.stdout).toContain('Not in both runs: 1 timings.');
  });

  it('sets webcir beside its peers, naming the ones that are not there', async () => {
    const { code, stdout } = await bench('--peers', '--rounds', '1', 'layernorm');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^layernorm \[2464, 512\] +[\d.]+ /m);
    // Whatever is installed here: usearch does no layernorm.
    expect(stdout).toMatch(/^usearch: not run: it (is not installed|does not do layernorm)/m);
  });

  it('prints goals, and fails where one is missed', async () => {
    const met = await bench('--goals', '--rounds', '1', 'attention, memory', 'a training step');
    expect(met.stdout).toMatch(/^attention, memory +≤ 1\.1× .* met: \d+ and \d+ bytes a token and head$/m);
    expect(met.stdout).toMatch(/^a training step +≤ 1 submit +1 submits met$/m);
    expect(met.stdout).toContain('2 met, 0 missed, 0 not run');
    expect(met.code).toBe(0);
    // How fast a product is depends on the hour; that its verdict and the exit code are one does not.
    const judged = await bench('--goals', '--rounds', '1', 'subgroup-matrix', 'F16-packed [512, 512]');
    const [, verdict] = /^matmul F16-packed .* (met|missed): NN [\d.]+, NT [\d.]+, TN [\d.]+$/m.exec(judged.stdout)!;
    expect(judged.stdout).toMatch(/^NVIDIA: matmul F16 through subgroup-matrix .* – not run: no such adapter/m);
    expect(judged.code).toBe(verdict === 'met' ? 0 : 1);
  });

  it('takes a program apart', async () => {
    const { code, stdout } = await bench('--profile', 'dispatches', '--rounds', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^binary +binary\S* +1000 +[\d.]+ +[\d.]+ +100\.0 %$/m);
    const { traceEvents } = JSON.parse(await readFile(join(folder, 'dispatches.trace.json'), 'utf8'));
    expect(traceEvents).toHaveLength(1001);
    expect((await bench('--profile', 'search-100k')).stderr).toContain('it is more than one program');
  });

  it('knows how long the first training step takes', async () => {
    const { code, stdout } = await bench('--first-step');
    expect(code).toBe(0);
    const { device, program, step } = JSON.parse(stdout);
    expect(0 < device && device < program && program < step).toBe(true);
  });

  it('explains itself, and says what is wrong with a command line', async () => {
    const { stdout } = await bench('--help');
    expect(stdout).toBe(`${usage}\n`);
    const options = ['--peers', '--goals', '--profile', '--browser', '--rounds', '--compare', '--out', '--first-step'];
    for (const word of [...options, 'stage1-embedded', 'search-1m', 'start-cold']) expect(usage).toContain(word);
    const unknown = await bench('sofmax');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("there is no op or program 'sofmax'; there are: ");
    const parse =
      (...args: string[]) =>
      () =>
        readOptions(args);
    expect(parse('--rounds', '0')).toThrow('--rounds: expected a whole number of at least 1');
    expect(parse('--peers', '--goals')).toThrow('--peers and --goals: expected one of them');
    expect(parse('--goals', '--compare', 'x.json')).toThrow('--compare: expected without another mode');
    expect(parse('--round', '3')).toThrow("Unknown option '--round'");
    expect(readOptions(['--goals', 'search'])).toMatchObject({ mode: 'goals', rounds: 5, names: ['search'] });
    expect(readOptions(['layernorm'])).toMatchObject({ mode: 'time', rounds: 7, out: 'bench-results' });
  });
});
