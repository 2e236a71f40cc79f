// The verdicts on the options beyond the paper, from made-up ranks whose answer is known.
import { expect, it } from 'vitest';
import { protocolNamed } from '../../packages/eval/dist/index.js';
import { table, verdict } from '../options/table.mjs';

const protocol = protocolNamed('full-gallery');
/** 200 queries of which a share is found first, the others nowhere. */
const ranks = (share) => ({ all: Array.from({ length: 200 }, (_, i) => ({ target: i < 200 * share ? 1 : 0 })) });
const runs = (sum, combiner) =>
  [0, 1, 2].map(() => ({ 'sum-stage1': ranks(sum), ...(combiner !== undefined && { combiner: ranks(combiner) }) }));
const base = runs(0.4, 0.5).map((methods) => ({ protocol, methods }));

it('show the difference from the paper with its interval, and say what it means', () => {
  const rows = [
    { name: 'paper', runs: runs(0.4, 0.5) },
    { name: 'better', runs: runs(0.4, 0.7) },
    { name: 'worse', runs: runs(0.4, 0.3) },
    { name: 'same', runs: runs(0.4, 0.505) },
    { name: 'untrained', runs: runs(0.6) },
  ];
  const cells = table(protocol, base, rows)
    .split('\n')
    .map((line) => line.split(' | '));
  const [head, , paper, better, worse, same, untrained] = cells;
  expect(head[1]).toMatch(/^Sum after stage 1, R@/);
  expect(paper.slice(1, -1).every((cell) => /^[45]0\.0$/.test(cell))).toBe(true);
  const at = head.findIndex((cell) => cell.startsWith('Combiner'));
  expect(better[at]).toMatch(/^70\.0 \(\+20\.0 \[\+1\d\.\d, \+2\d\.\d\]\)$/);
  expect(better[1]).toBe('40.0 (+0.0 [+0.0, +0.0])');
  const verdicts = [better, worse, same, untrained].map((line) => line.at(-1));
  expect(verdicts).toEqual(['helps |', 'hurts |', 'no difference beyond noise |', 'helps |']);
  expect(untrained[at]).toBe('–');
});

it('are split where recalls disagree, and look at the last stage alone', () => {
  const of = (method, low, high) => ({ method, low, high });
  expect(verdict([of('combiner', 0.1, 1), of('combiner', -1, -0.1)])).toBe('helps one recall, hurts another');
  expect(verdict([of('sum-stage1', 0.1, 1), of('combiner', -1, 0.1)])).toBe('no difference beyond noise');
  expect(verdict([])).toBe('');
});
