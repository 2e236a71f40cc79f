import { describe, expect, it } from 'vitest';
import type { Figure } from '../../src/study/figures.ts';
import { drawFigure } from '../../src/study/report/draw-figure.ts';
import { numberRows, numbersCsv, standaloneSvg } from '../../src/study/report/files.ts';
import { renderStudy, type StudyReport } from '../../src/study/report/page.ts';
import type { StudySection } from '../../src/study/section.ts';
import { studyMap } from './maps.ts';

const measured = [
  { quantity: 'gap', of: 'images, "all"', stage: 'base', value: 0.5, low: 0.25, high: 0.75 },
  { quantity: 'gap', of: 'images, "all"', stage: 'stage1', value: Number.NaN, low: Number.NaN, high: Number.NaN },
] as const;
const changes = [
  { quantity: 'gap', of: 'texts', from: 'base', to: 'stage1', value: 0.1, low: -0.1, high: 0.3 },
] as const;

const figures: readonly Figure[] = [
  { kind: 'intervals', name: 'gap', title: 'distance', caption: 'Gaps.', measured: [measured[0]] },
  {
    kind: 'histograms',
    name: 'cosines',
    title: 'cosine',
    unit: 'pairs',
    caption: 'Cosines.',
    panels: [{ stage: 'base', edges: [0, 1, 2], series: [{ name: 'own', shares: [0.25, 0.75] }] }],
  },
  {
    kind: 'curves',
    name: 'sweep',
    x: 'weight',
    y: 'R@10',
    caption: 'Recalls.',
    curves: [
      {
        name: 'base CLIP',
        points: [
          { x: 0, y: 1, low: 0.5, high: 2 },
          { x: 1, y: 3, low: 2, high: 4 },
        ],
      },
    ],
  },
  {
    kind: 'shares',
    name: 'solved',
    title: '%',
    caption: 'Shares.',
    bars: [
      {
        stage: 'base',
        shares: [
          { of: 'both', percent: 40 },
          { of: 'nobody', percent: 60 },
        ],
      },
    ],
  },
  {
    kind: 'map',
    name: 'map',
    caption: 'A map.',
    panels: [
      {
        stage: 'stage1',
        points: [
          { kind: 'images', x: 0, y: 1 },
          { kind: 'texts', x: 1, y: 0 },
        ],
      },
    ],
  },
];

const section: StudySection = {
  id: 'gap',
  title: 'The <gap>',
  about: 'How far apart.',
  findings: ['It is 0.5 & stays.'],
  figures,
  numbers: [{ measured, changes }],
  examples: [{ query: 3, before: 9, after: 1 }],
};

const report: StudyReport = {
  title: 'A study',
  facts: [['Seed', '1']],
  notes: ['A note.'],
  sections: [section],
  shown: async (query) => ({
    caption: `query ${query}`,
    reference: { id: 'r', image: 'data:image/png;base64,AA' },
    target: { id: 't', image: 'data:image/png;base64,BB' },
  }),
};

describe('the page of a study', () => {
  it('holds every section with its findings, figures, numbers and examples, and asks for nothing', async () => {
    const { page, figures: drawn } = await renderStudy(report);
    expect([...drawn.keys()]).toEqual(figures.map(({ name }) => name));
    expect(drawn.get('map')).toContain('<title>A map.</title>');
    for (const text of [
      'The &lt;gap&gt;',
      'It is 0.5 &amp; stays.',
      'How far apart.',
      'A note.',
      'rank 9 → 1',
      'query 3',
    ]) {
      expect(page).toContain(text);
    }
    expect(page.split('<svg').length - 1).toBe(figures.length);
    expect(page).toContain('<a href="#gap">');
    expect(page).toContain('<h2 id="gap">');
    expect(page).toMatch(/gap, change<\/th><td>texts<\/td>\n<td>after stage 1 − base CLIP<\/td><td>0\.1 \(noise\)/);
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)|url\(|@import|<script|<link/);
  });

  it('carries maps to move about in, with one atlas, where it is given one', async () => {
    const asked: unknown[] = [];
    const atlas: StudyReport['atlas'] = async (...args) => {
      asked.push(args);
      return 'data:image/webp;base64,CC';
    };
    const sections = [{ ...section, map: studyMap }];
    const { page } = await renderStudy({ ...report, sections, atlas });
    expect(asked).toEqual([[['i0', 'i1', 'r0', 'i2'], { tile: 48, columns: 2 }]]);
    expect(page.split('data:image/webp;base64,CC')).toHaveLength(2);
    expect(page.match(/<canvas /g)).toHaveLength(2);
    expect(page).toContain('aria-label="Map, after stage 1"');
    const [, json] = page.match(/<script type="application\/json"[^>]*>(.*?)<\/script>/)!;
    expect(json).not.toContain('<');
    expect(JSON.parse(json).queries[0].caption).toBe('is <b>redder</b>');
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)|url\(|@import|<link/);
    const { page: without } = await renderStudy({ ...report, sections });
    expect(without).not.toMatch(/<script|<canvas/);
  });

  it('refuses two figures of one name', async () => {
    const twice = { ...report, sections: [section, section] };
    await expect(renderStudy(twice)).rejects.toThrow('two figures are called gap');
  });
});

describe('figures', () => {
  it.each(figures.map((figure) => [figure.kind, figure] as const))(
    '%s: draws all of its data',
    async (kind, figure) => {
      const svg = await drawFigure(figure);
      const count = { intervals: 1, histograms: 2, curves: 2, shares: 2, map: 2 }[kind];
      const mark = {
        intervals: /aria-roledescription="point"/g,
        histograms: /aria-roledescription="rect mark"/g,
        curves: /aria-roledescription="point"/g,
        shares: /aria-roledescription="bar"/g,
        map: /<path transform="[^"]*" d="[^"]*" fill="[^"]*" stroke-width="2" opacity="0.6"/g,
      }[kind];
      expect(svg.match(mark)).toHaveLength(count);
      expect(svg).toMatch(/viewBox/);
    },
  );

  it('with nothing in them are refused by name', async () => {
    expect(() => drawFigure({ ...figures[0], measured: [] } as Figure)).toThrow(
      'figure gap: expected something to draw, found nothing',
    );
  });

  it('break long labels, and lose no word of them', async () => {
    const of = 'convex term of the text alone';
    const svg = await drawFigure({ ...figures[0], measured: [{ ...measured[0], of }] } as Figure);
    expect(svg).toContain('<tspan x="0" dy="13">text alone</tspan>');
    expect(svg).not.toContain('…');
  });

  it('bring their colours along in files of their own', async () => {
    const svg = standaloneSvg(await drawFigure(figures[0]), 'Gaps < 1.');
    expect(svg).toMatch(/^<svg [^>]* role="img"><title>Gaps &lt; 1\.<\/title><style>:root/);
    const used = new Set([...svg.matchAll(/var\((--[a-z]+)\)/g)].map(([, name]) => name));
    expect(used.size).toBeGreaterThan(3);
    for (const name of used) expect(svg).toContain(`${name}: #`);
  });
});

describe('the files of a study', () => {
  it('have every number once, and none where it is not finite', () => {
    expect(numberRows([section])).toEqual([
      {
        section: 'gap',
        quantity: 'gap',
        of: 'images, "all"',
        stage: 'base',
        compared_with: null,
        value: 0.5,
        low: 0.25,
        high: 0.75,
      },
      {
        section: 'gap',
        quantity: 'gap',
        of: 'images, "all"',
        stage: 'stage1',
        compared_with: null,
        value: null,
        low: null,
        high: null,
      },
      {
        section: 'gap',
        quantity: 'gap',
        of: 'texts',
        stage: 'stage1',
        compared_with: 'base',
        value: 0.1,
        low: -0.1,
        high: 0.3,
      },
    ]);
    expect(numbersCsv([section]).split('\r\n')).toEqual([
      'section,quantity,of,stage,compared_with,value,low,high',
      'gap,gap,"images, ""all""",base,,0.5,0.25,0.75',
      'gap,gap,"images, ""all""",stage1,,,,',
      'gap,gap,texts,stage1,base,0.1,-0.1,0.3',
      '',
    ]);
  });
});
