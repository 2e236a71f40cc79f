import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { root } from '../lib/run.mjs';

const folder = mkdtempSync(join(tmpdir(), 'pack-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linuxX64 = process.platform === 'linux' && process.arch === 'x64';
const script = join(root, 'scripts/pack-bench.mjs');

// The archive takes along the Node that packs it, and is for one kind of machine.
if (linuxX64) {
  it('packs a bench of at most 60 MB that runs by itself', () => {
    const archive = join(folder, 'bench.tar.gz');
    execFileSync(process.execPath, [script, '--out', archive]);
    expect(statSync(archive).size).toBeLessThan(60e6);
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
    // The environment has none of this checkout's packages, and no Node to be found.
    const env = { VK_DRIVER_FILES: process.env.VK_DRIVER_FILES, LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH };
    const output = execFileSync(
      join(folder, 'webcir-bench/bench'),
      ['--rounds', '1', 'layernorm', '--out', 'results'],
      {
        cwd: folder,
        env: { ...env, PATH: '/usr/bin:/bin', HOME: folder },
      },
    ).toString();
    expect(output).toMatch(/^layernorm +\[2464,512\] +forward +default +[\d.]+ /m);
    expect(readdirSync(join(folder, 'results'))).toHaveLength(2);
  });
} else {
  it('packs nothing for another kind of machine', () => {
    expect(() => execFileSync(process.execPath, [script], { stdio: 'pipe' })).toThrow('the archive is for linux x64');
  });
}
