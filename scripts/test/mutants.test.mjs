import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { root, run } from '../lib/run.mjs';
import { faults, replaced } from '../mutants/faults.mjs';

const mutants = (...args) => run(process.execPath, [join(root, 'scripts/mutants/mutants.mjs'), ...args]);

describe('every fault', () => {
  const testFiles = readdirSync(join(root, 'packages'), { recursive: true })
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map((file) => `packages/${file}`);

  test.each(faults)('$name is found in $file, and so are the tests that should catch it', (fault) => {
    const text = readFileSync(join(root, fault.file), 'utf8');
    expect(replaced(text, fault)).not.toBe(text);
    for (const filter of fault.tests)
      expect(
        testFiles.filter((file) => file.includes(filter)),
        filter,
      ).toHaveLength(1);
  });

  it('has a name of its own', () => {
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
  });
});

it('a text that is gone, or that occurs twice, is no place for a fault', () => {
  const fault = { name: 'gone', file: 'some.ts', from: 'a + b', to: 'a - b' };
  expect(replaced('y = a + b;', fault)).toBe('y = a - b;');
  expect(() => replaced('y = b + a;', fault)).toThrow('fault gone: some.ts has "a + b" 0 times, expected once');
  expect(() => replaced('a + b + a + b', fault)).toThrow('2 times');
});

describe('pnpm mutants', () => {
  it('lists the faults', async () => {
    const { code, output } = await mutants('--list', '--only', 'adam-epsilon');
    expect(code).toBe(0);
    expect(output).toMatch(/^adam-epsilon +packages\/train\/src\/stage1\/stage1.ts +PyTorch's epsilon/m);
    expect(output).not.toContain('adam-l2-decay');
  });

  it('names the test that catches a fault', async () => {
    const { code, output } = await mutants('--only', 'recall-off-by-one');
    expect(output).toContain('metrics.test.ts recall counts targets among the first k');
    expect(output).toContain('1 tried, 0 not caught');
    expect(code).toBe(0);
  });

  it('refuses a fault that there is none of', async () => {
    const { code, output } = await mutants('--only', 'no-such-fault');
    expect(code).toBe(1);
    expect(output).toContain('there is no fault "no-such-fault"');
  });
});
