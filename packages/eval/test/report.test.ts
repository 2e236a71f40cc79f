import { describe, expect, it } from 'vitest';
import { html } from '../src/report/html.ts';
import { renderReport } from '../src/report/report.ts';
import { formatTable } from '../src/report/table.ts';
import type { ResultRow } from '../src/report/types.ts';
import { exampleReport } from './example.ts';

const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=';
const data = exampleReport(() => PIXEL);
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
      row('combiner', 'mean', 100, 100),
      row('combiner', 'dress', 31.626, 56.67),
      row('image', 'dress', 5.9, 13.37),
    ];
    expect(formatTable(rows)).toBe(
      [
        '                                 dress            mean',
        '                           R@10   R@50     R@10   R@50',
        'Image only                 5.90  13.37        –      –',
        'Combiner after stage 2    31.63  56.67   100.00 100.00',
      ].join('\n'),
    );
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
    expect(page).toContain(data.protocol);
    expect(page).toContain(data.notes![0]);
    expect(count(page, '<svg')).toBe(4);
    expect(count(page, '<article')).toBe(24);
    // The reference, the target and ten answers each, all with a text in their place.
    expect(count(page, '<img')).toBe(24 * 12);
    expect(count(page, ' alt="R')).toBe(24 * 11);
    expect(count(page, ' alt="Target picture ')).toBe(24);
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
      protocol: evil,
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

  it('asks for nothing from a network', async () => {
    const page = await renderReport(data);
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(page).not.toMatch(/url\(|@import|<script|<link/);
    const queries = [{ ...data.queries[0], target: { id: 'test-1', image: 'https://example.org/1.png' } }];
    await expect(renderReport({ ...data, queries })).rejects.toThrow('picture test-1: expected a data:image/... URI');
  });

  it('leaves out what a run does not have', async () => {
    const page = await renderReport({ ...data, curves: [], queries: [] });
    expect(page).not.toContain('id="training"');
    expect(page).not.toContain('id="queries"');
  });
});
