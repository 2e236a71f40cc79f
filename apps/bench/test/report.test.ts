import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { opTable } from '../src/ops/table.ts';
import { raceTable, reasons } from '../src/peers/table.ts';
import { groupDispatches, groupTable, medianDispatches } from '../src/profile/groups.ts';
import { chromeTrace } from '../src/profile/trace.ts';
import { compareResults, describeComparison } from '../src/report/compare.ts';
import { page } from '../src/report/page.ts';
import { readResults, writeResults } from '../src/report/results.ts';
import { formatTable } from '../src/report/table.ts';
import { example } from './example.ts';

const folder = mkdtempSync(join(tmpdir(), 'webcir-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tables', () => {
  it('cut what is too long on the left and align what stands on the right', () => {
    const columns = [
      { title: 'name', width: 6, of: ({ name }: { name: string }) => name },
      { title: 'ms', width: 5, right: true, of: () => '1.5' },
    ];
    expect(formatTable(columns, [{ name: 'abcdefgh' }, { name: 'ab' }])).toBe(
      ['name      ms', 'abcde…   1.5', 'ab       1.5'].join('\n'),
    );
    expect(formatTable(columns, [], false)).toBe('');
  });

  it('of ops show rates, the ceiling that binds and the best variant', () => {
    const [, first, second] = opTable(example().ops).split('\n');
    // 2 * 512³ operations in 10 ms are 26.8 GFLOP/s, of 100.
    expect(first).toMatch(/default +10\.000 +9\.800…10\.200 +11\.000 +26\.8 +0\.3 +27 % arithmetic +100 %$/);
    expect(second).toMatch(/plain .* 13 % arithmetic +50 %$/);
  });

  it('of peers leave nobody out', () => {
    const { races } = example();
    expect(raceTable(races, ['tfjs', 'usearch']).split('\n')[1]).toMatch(
      /softmax +4\.00 +40\.00 \(10\.00x\) +not run$/,
    );
    expect(reasons(races)).toEqual(['usearch: not run: it does not do softmax here']);
  });
});

describe('a comparison', () => {
  it('tells what moved beyond noise, and only that', () => {
    const { changes, drift } = compareResults(example(), example(1.3));
    expect(drift).toBe(1);
    expect(changes.filter(({ moved }) => moved).map(({ name }) => name)).toEqual([
      'matmul NN [512, 512] <b> forward default',
    ]);
    expect(describeComparison(compareResults(example(), example(1.3)))).toContain(
      '1.30x slower  10.000 → 13.000 ms  matmul NN',
    );
    expect(compareResults(example(), example(1.02)).changes.some(({ moved }) => moved)).toBe(false);
  });

  it('does not blame the code for a machine that is slower as a whole', () => {
    const many = (factor: number, odd: number) => {
      const results = example();
      const [row] = results.ops;
      const scaled = (by: number, i: number) => ({
        ...row,
        case: `case ${i}`,
        device: {
          median: row.device!.median * by,
          low: row.device!.low * by,
          high: row.device!.high * by,
          samples: [],
        },
      });
      return { ...results, programs: [], ops: Array.from({ length: 9 }, (_, i) => scaled(i === 3 ? odd : factor, i)) };
    };
    const { drift, changes } = compareResults(many(1, 1), many(1.5, 1));
    expect(drift).toBeCloseTo(1.5);
    expect(changes.filter(({ moved }) => moved).map(({ name }) => name)).toEqual(['matmul case 3 forward default']);
    expect(changes[3].ratio).toBeCloseTo(1 / 1.5);
  });
});

describe('results', () => {
  it('are written as JSON, read back, and as a page', () => {
    const { json, html } = writeResults(folder, example());
    expect(readResults(json)).toEqual(JSON.parse(JSON.stringify(example())));
    expect(readFileSync(html, 'utf8')).toBe(page(example()));
  });

  it('of another kind are refused by name', () => {
    const path = join(folder, 'other.json');
    writeFileSync(path, '{"version": 2}');
    expect(() => readResults(path)).toThrow(`${path}: expected results of the bench, version 1`);
    expect(() => readResults(join(folder, 'none.json'))).toThrow('none.json: expected a JSON file');
  });

  it('as a page need nothing from elsewhere, and show every part', () => {
    const text = page(example());
    expect(text).not.toMatch(/src=|href=|url\(|<script/);
    expect(text).not.toContain('<card>');
    expect(text).toContain('a &lt;card&gt;');
    expect(text).toContain('NN [512, 512] &lt;b&gt;');
    for (const title of ['Goals', 'Peers', 'Whole things', 'Ops']) expect(text).toContain(`<h2>${title}</h2>`);
    expect(text).toContain('<span class="bar arithmetic"><span style="width:26.8%"></span></span> 27 % arithmetic');
    expect(text).toContain('Not run: usearch: it does not do softmax here');
  });
});

describe('a profile', () => {
  const dispatch = (op: string, kernel: string, milliseconds: number) => ({
    op,
    kernel,
    milliseconds,
    workgroups: [2, 3, 1] as const,
  });
  const profiles = [
    [dispatch('matmul', 'matmul.subgroup', 3), dispatch('sum', 'sum', 1), dispatch('matmul', 'matmul.subgroup', 5)],
    [dispatch('matmul', 'matmul.subgroup', 3), dispatch('sum', 'sum', 9), dispatch('matmul', 'matmul.subgroup', 6)],
    [dispatch('matmul', 'matmul.subgroup', 4), dispatch('sum', 'sum', 1), dispatch('matmul', 'matmul.subgroup', 6)],
  ];

  it('takes the median of each dispatch and groups them by op and kernel', () => {
    const groups = groupDispatches(medianDispatches(profiles));
    expect(groups).toEqual([
      { op: 'matmul', kernel: 'matmul.subgroup', dispatches: 2, milliseconds: 9, share: 0.9 },
      { op: 'sum', kernel: 'sum', dispatches: 1, milliseconds: 1, share: 0.1 },
    ]);
    expect(groupTable(groups).split('\n')[1]).toMatch(/^matmul +matmul\.subgroup +2 +9\.000 +4\.500 +90\.0 %$/);
  });

  it("is a trace in Chrome's format, dispatches end to end in microseconds", () => {
    expect(chromeTrace('step', medianDispatches(profiles))).toMatchObject({
      traceEvents: [
        { ph: 'M', args: { name: 'step' } },
        { ph: 'X', name: 'matmul.subgroup', cat: 'matmul', ts: 0, dur: 3000, args: { workgroups: '2 x 3 x 1' } },
        { ph: 'X', name: 'sum', ts: 3000, dur: 1000 },
        { ph: 'X', ts: 4000, dur: 6000 },
      ],
    });
  });
});
