import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root, run } from '../lib/run.mjs';

const compare = (...args) => run(process.execPath, [join(root, 'scripts/beside-original/compare.mjs'), ...args]);

it('beside-original asks for the clones that it needs', async () => {
  const { code, output } = await compare('--clip', 'CLIP');
  expect(code).toBe(1);
  expect(output).toContain('--clip and --clip4cir are needed');
});

it('beside-original shows why the original code does not run', async () => {
  const work = mkdtempSync(join(tmpdir(), 'beside-'));
  try {
    const clones = ['--clip', 'no-clip', '--clip4cir', 'no-clip4cir'];
    const { code, output } = await compare(...clones, '--work', work, '--steps', '1', '--python', 'no-such-python');
    expect(code).toBe(1);
    expect(output).toContain('the original code failed (versions)');
    expect(output).toContain('no-such-python');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
