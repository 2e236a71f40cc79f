import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBrowser } from '../lib/browser.mjs';
import { root, run } from '../lib/run.mjs';
import { FIGURES, figureTable, traceTable } from '../page-speed/report.mjs';

const script = join(root, 'scripts/page-speed/page-speed.mjs');
const measure = (...args) => run(process.execPath, [script, ...args]);

describe('the tables', () => {
  const rounds = (...values) =>
    values.map((value) => ({
      adapter: 'mine',
      milliseconds: Object.fromEntries(Object.keys(FIGURES).map((name) => [name, value])),
    }));

  it('give the median of the rounds, the least and the most, beside those of another checkout', () => {
    const [adapter, heads, ready] = figureTable(
      ['/here', '/there'],
      [rounds(300, 7.25, 100), rounds(5, 5, 1000)],
    ).split('\n');
    expect(adapter).toBe('mine');
    expect(heads.trim().split(/ {2,}/)).toEqual(['this checkout', '/there']);
    expect(ready.split(/ {2,}/)).toEqual([
      'ready: from navigation until Retriever.load is done',
      '100 [7.3, 300]',
      '5.0 [5.0, 1000]',
    ]);
  });

  it('shows what began before the first answer, calls without a name together', () => {
    const trace = [
      { name: 'fetch', label: '/clip', start: 1, end: 3 },
      { name: 'arrayBuffer', label: '', start: 4, end: 30 },
      { name: 'writeBuffer', label: '', start: 5, end: 6 },
      { name: 'arrayBuffer', label: '', start: 7, end: 8 },
      { name: 'fetch', label: '/later', start: 41, end: 42 },
    ];
    expect(traceTable({ trace, milliseconds: { firstAnswer: 40 } }).replaceAll(/ +/g, ' ')).toBe(
      ' 1.0 +2.0 fetch /clip\n 4.0 +26 arrayBuffer x 2, writeBuffer',
    );
  });
});

it('says what is wrong with its options', async () => {
  expect((await measure('--rounds', 'many')).output).toBe(
    "error: --rounds: expected a whole number from 1 on, found 'many'\n",
  );
});

// Without a browser there is no page to be measured, and the script would try to install one.
if (findBrowser()) {
  it('measures a page, and shows what it waited for', async () => {
    const { code, output } = await measure('--rounds', '1', '--profile');
    expect(code, output).toBe(0);
    expect(output).toMatch(/^first answer: all of these together +[\d.]+ \[/m);
    expect(output).toMatch(/createComputePipelineAsync matmul/);
  }, 120_000);
}
