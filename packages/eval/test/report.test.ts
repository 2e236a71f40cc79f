import { describe, expect, it } from 'vitest';
import { cirr } from '../src/protocols/cirr.ts';
import { fashionIqOriginal } from '../src/protocols/fashioniq.ts';
import { scoreCategories } from '../src/protocols/protocol.ts';
import { html } from '../src/report/html.ts';
import { renderReport } from '../src/report/report.ts';
import { formatTable, methodLines } from '../src/report/table.ts';
import type { ResultRow } from '../src/report/types.ts';
import { exampleReport } from './example.ts';

const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=';
const data = exampleReport(() => PIXEL, fashionIqOriginal, ['dress', 'shirt', 'toptee']);
const count = (text: string, part: string) => text.split(part).length - 1;

describe('formatTable', () => {
  const row = (method: ResultRow['method'], category: string, at10: number, at50: number): ResultRow => ({
    method,
    category,
    recall_at10: at10,
    recall_at50: at50,
  });

  it('lines up methods and categories as in the paper, the mean last', () => {
    const rows = [
      { ...row('combiner', 'mean', 100, 100), isMean: true as const },
      row('combiner', 'dress', 31.626, 56.67),
      row('image', 'dress', 5.9, 13.37),
    ];
    expect(formatTable(methodLines(rows), fashionIqOriginal.metrics)).toBe(
      [
        '                                 dress            mean',
        '                           R@10   R@50     R@10   R@50',
        'Image only                 5.90  13.37        –      –',
        'Combiner after stage 2    31.63  56.67   100.00 100.00',
      ].join('\n'),
    );
  });

  it('keeps a category that is called mean apart from the mean', () => {
    const scores = [{ target: 1 }, { target: 0 }];
    const categories = ['mean', '__proto__', 'constructor'].map((category, i) => ({
      category,
      ranks: [scores[i % 2]],
    }));
    const rows = scoreCategories(fashionIqOriginal, categories);
    expect(rows.map(({ category, isMean, recall_at10 }) => [category, isMean, recall_at10])).toEqual([
      ['mean', undefined, 100],
      ['__proto__', undefined, 0],
      ['constructor', undefined, 100],
      ['mean of all', true, expect.closeTo(200 / 3, 10)],
    ]);
    expect(formatTable([{ label: 'Sum', rows }], fashionIqOriginal.metrics)).toBe(
      [
        '               mean       __proto__     constructor     mean of all',
        '        R@10   R@50     R@10   R@50     R@10   R@50     R@10   R@50',
        'Sum   100.00 100.00     0.00   0.00   100.00 100.00    66.67  66.67',
      ].join('\n'),
    );
  });

  it('puts metrics of one kind side by side where a data set has no categories', () => {
    const scores = Object.fromEntries(cirr.metrics.map(({ key }, i) => [key, 10 * i + 0.126]));
    const lines = [
      { label: 'Sum', rows: [{ category: 'all', ...scores }] },
      { label: 'None', rows: [] },
    ];
    expect(formatTable(lines, cirr.metrics)).toBe(
      [
        '                     whole gallery           group of six',
        '          R@1    R@5   R@10   R@50     Rs@1   Rs@2   Rs@3     Avg.',
        'Sum      0.13  10.13  20.13  30.13    40.13  50.13  60.13    70.13',
        'None        –      –      –      –        –      –      –        –',
      ].join('\n'),
    );
    const [first] = cirr.metrics;
    expect(formatTable([lines[0]], [{ ...first, family: undefined }])).toBe('         R@1\nSum     0.13');
  });
});

describe('html', () => {
  it('escapes what it is given and leaves markup of its own alone', () => {
    const inner = html`<b>${'<&>'}</b>`;
    expect(html`<i title="${`"'`}">${inner}${[inner]}${3}</i>`.text).toBe(
      '<i title="&quot;&#39;"><b>&lt;&amp;&gt;</b><b>&lt;&amp;&gt;</b>3</i>',
    );
  });
});

describe('renderReport', () => {
  it('holds every fact, row, curve and query', async () => {
    const page = await renderReport(data);
    for (const [label, value] of data.facts) expect(page).toContain(`<dt>${label}</dt><dd>${value}</dd>`);
    for (const { recall_at10, recall_at50 } of data.rows) {
      expect(page).toContain(recall_at10.toFixed(2));
      expect(page).toContain(recall_at50.toFixed(2));
    }
    expect(count(page, '<th scope="row">')).toBe(5);
    expect(count(page, '<strong>')).toBe(8);
    expect(page).toContain(`<b>${data.protocol.name}</b> on ${data.split}`);
    expect(page).toContain(html`${data.protocol.description}`.text);
    expect(page).toContain(data.notes![0]);
    expect(count(page, '<svg')).toBe(4);
    expect(count(page, '<article')).toBe(24);
    // The reference, the target and ten answers each, all with a text in their place.
    expect(count(page, '<img')).toBe(24 * 12);
    expect(count(page, ' alt="R')).toBe(24 * 11);
    expect(count(page, ' alt="Target image ')).toBe(24);
    // Two of three targets are among the ten.
    expect(count(page, '<li class="target">')).toBe(16);
    expect(count(page, '<li class="also">')).toBe(24);
    for (const { ranks } of data.queries) expect(page).toContain(`Combiner after stage 2 <b>${ranks[4].rank}</b>`);
  });

  it('escapes texts', async () => {
    const evil = '"><script>alert(1)</script>';
    const [query] = data.queries;
    const page = await renderReport({
      ...data,
      title: evil,
      facts: [[evil, evil]],
      protocol: { ...data.protocol, name: evil, description: evil },
      split: evil,
      notes: [evil],
      curves: [{ ...data.curves[0], stage: evil }],
      queries: [
        {
          ...query,
          category: evil,
          caption: evil,
          reference: { id: evil, image: PIXEL + evil },
          top: [{ id: evil, image: PIXEL }],
        },
      ],
    });
    expect(page).not.toContain('<script');
    expect(page).toContain('&quot;&gt;&lt;script&gt;');
  });

  it("shows CIRR's eight metrics, curves of the main ones, and queries without a category", async () => {
    const page = await renderReport(exampleReport(() => PIXEL, cirr, ['all']));
    for (const heading of ['whole gallery', 'group of six']) expect(page).toContain(`${heading}</th>`);
    for (const { label } of cirr.metrics) expect(page).toContain(`${label}</th>`);
    expect(count(page, '<strong>')).toBe(8);
    expect(count(page, '<svg')).toBe(4);
    expect(page).toMatch(/Best by the arithmetic mean of the seven recalls: epoch \d+ with R@1 [\d.]+, R@5/);
    expect(count(page, '<article')).toBe(24);
    expect(page).not.toContain('>all');
  });

  it('asks for nothing from a network', async () => {
    const page = await renderReport(data);
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(page).not.toMatch(/url\(|@import|<script|<link/);
    const queries = [{ ...data.queries[0], target: { id: 'test-1', image: 'https://example.org/1.png' } }];
    await expect(renderReport({ ...data, queries })).rejects.toThrow('image test-1: expected a data:image/... URI');
  });

  it('leaves out what a run does not have', async () => {
    const page = await renderReport({ ...data, curves: [], queries: [] });
    expect(page).not.toContain('id="training"');
    expect(page).not.toContain('id="queries"');
  });
});
