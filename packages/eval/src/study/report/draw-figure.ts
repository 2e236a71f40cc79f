import type { TopLevelSpec } from 'vega-lite';
import { COLOURS, draw } from '../../report/draw.ts';
import type { CurvesFigure, Figure, HistogramsFigure, IntervalsFigure, MapFigure, SharesFigure } from '../figures.ts';
import { STAGES, type Stage } from '../space.ts';

/** As wide as a phone, so that letters keep their size there. */
const WIDTH = 360;
/** Of a line of a label, of a dot, and of the room between two things that are measured. */
const LABEL_HEIGHT = 13;
const DOT_HEIGHT = 15;
const GAP = 5;
/** Of a letter on average: vega cannot measure text in Node. */
const LETTER_WIDTH = 6;
/** Left of the plot, at least: a short label of capitals is wider than its letters on average. */
const LEAST_LEFT = 64;
/** Labels are broken before they get longer, in letters. */
const LABEL_LENGTH = 20;

const stages = Object.keys(STAGES) as Stage[];
const stageScale = { domain: Object.values(STAGES), range: COLOURS.slice(0, stages.length) };

/** A figure as an SVG that takes its colours from the page. @throws RangeError where there is nothing to draw */
export function drawFigure(figure: Figure): Promise<string> {
  return draw(specOf(figure));
}

function specOf(figure: Figure): TopLevelSpec {
  switch (figure.kind) {
    case 'intervals':
      return intervals(figure);
    case 'histograms':
      return histograms(figure);
    case 'curves':
      return curves(figure);
    case 'shares':
      return shares(figure);
    case 'map':
      return map(figure);
  }
}

function intervals({ name, title, measured }: IntervalsFigure): TopLevelSpec {
  expectSome(name, measured);
  const labels = new Map(measured.map(({ of }) => [of, broken(of)]));
  const lines = [...labels.values()];
  const shown = stages.filter((stage) => measured.some((one) => one.stage === stage));
  const values = measured.map((one) => ({ ...one, of: labels.get(one.of), stage: STAGES[one.stage] }));
  const axis = { labelExpr: "split(datum.label, '\\n')", labelLimit: 0, labelLineHeight: LABEL_HEIGHT, grid: false };
  const y = { field: 'of', type: 'nominal', sort: lines, title: null, axis } as const;
  const yOffset = { field: 'stage', type: 'nominal', sort: shown.map((stage) => STAGES[stage]) } as const;
  const longest = Math.max(...lines.flatMap((label) => label.split('\n').map((line) => line.length)));
  const rows = Math.max(...lines.map((label) => label.split('\n').length));
  const left = Math.max(LEAST_LEFT, LETTER_WIDTH * longest + 12);
  const color = { field: 'stage', type: 'nominal', scale: stageScale, legend: legendOf(shown, left) } as const;
  return {
    width: WIDTH - left - 12,
    height: lines.length * (Math.max(shown.length * DOT_HEIGHT, rows * LABEL_HEIGHT) + GAP),
    autosize: 'none',
    padding: { left, right: 12, top: 34, bottom: 36 },
    data: { values },
    encoding: { y, yOffset, color },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: {
          x: { field: 'low', type: 'quantitative', title, scale: { zero: false }, axis: { grid: true, tickCount: 4 } },
          x2: { field: 'high' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 45, opacity: 1 },
        encoding: { x: { field: 'value', type: 'quantitative', title } },
      },
    ],
  };
}

/** A label in lines of at most `LABEL_LENGTH` letters, where its words allow it. */
function broken(label: string): string {
  const lines: string[] = [''];
  for (const word of label.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > LABEL_LENGTH && lines.at(-1) !== '') lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join('\n');
}

/** A legend that begins where the labels do: above the plot alone, which may be narrow, it would be cut. */
const legendOf = (shown: readonly Stage[], left: number) =>
  ({
    values: shown.map((stage) => STAGES[stage]),
    orient: 'none',
    direction: 'horizontal',
    legendX: 12 - left,
    legendY: -28,
    columnPadding: 4,
  }) as const;

function histograms({ name, title, unit, panels }: HistogramsFigure): TopLevelSpec {
  const values = panels.flatMap(({ stage, edges, series }) =>
    series.flatMap((one) =>
      one.shares.map((share, bin) => ({
        stage: STAGES[stage],
        series: one.name,
        from: edges[bin],
        to: edges[bin + 1],
        percent: 100 * share,
      })),
    ),
  );
  expectSome(name, values);
  const names = [...new Set(values.map(({ series }) => series))];
  const color =
    names.length > 1
      ? ({
          field: 'series',
          type: 'nominal',
          sort: names,
          scale: { domain: names, range: COLOURS.slice(0, names.length) },
        } as const)
      : ({ field: 'stage', type: 'nominal', scale: stageScale, legend: null } as const);
  return {
    data: { values },
    facet: { row: { field: 'stage', type: 'nominal', sort: Object.values(STAGES), header: headerOf } },
    resolve: { scale: { y: 'independent' } },
    spacing: 14,
    spec: {
      width: WIDTH - 60,
      height: 80,
      mark: { type: 'rect', opacity: 0.55 },
      encoding: {
        x: { field: 'from', type: 'quantitative', title, scale: { zero: false, nice: false } },
        x2: { field: 'to' },
        y: { field: 'percent', type: 'quantitative', title: `% of ${unit}`, axis: { tickCount: 3 } },
        y2: { datum: 0 },
        color,
      },
    },
  };
}

/** Where the name of a panel stands. */
const headerOf = {
  labelAngle: 0,
  labelAlign: 'left',
  labelAnchor: 'start',
  labelOrient: 'top',
  labelPadding: 0,
} as const;

function curves({ name, x, y, logarithmic, curves: lines }: CurvesFigure): TopLevelSpec {
  const values = lines.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  expectSome(name, values);
  const names = lines.map((line) => line.name);
  const color = {
    field: 'name',
    type: 'nominal',
    sort: names,
    scale: { domain: names, range: COLOURS.slice(0, names.length) },
    legend: { columns: 3, symbolType: 'stroke', symbolStrokeWidth: 2, symbolOpacity: 1 },
  } as const;
  const scale = logarithmic ? ({ type: 'log', nice: false } as const) : ({ zero: false } as const);
  const xOf = { field: 'x', type: 'quantitative', title: x, scale: { nice: false, zero: false } } as const;
  const axis = logarithmic ? { values: [0.001, 0.01, 0.1, 1, 10, 100] } : {};
  const bands = values.some(({ low }) => low !== undefined);
  return {
    width: WIDTH - 60,
    height: 190,
    autosize: 'pad',
    data: { values },
    encoding: { x: xOf, color },
    layer: [
      ...(bands
        ? [
            {
              mark: { type: 'area', opacity: 0.18 },
              encoding: { y: { field: 'low', type: 'quantitative', title: y, scale, axis }, y2: { field: 'high' } },
            } as const,
          ]
        : []),
      {
        mark: { type: 'line', strokeWidth: 2, point: values.length <= 60 ? { size: 22 } : false },
        encoding: { y: { field: 'y', type: 'quantitative', title: y, scale, axis } },
      },
    ],
  };
}

function shares({ name, title, bars }: SharesFigure): TopLevelSpec {
  const values = bars.flatMap(({ stage, shares }) =>
    shares.map((share, order) => ({ ...share, stage: STAGES[stage], order })),
  );
  expectSome(name, values);
  const names = bars[0].shares.map(({ of }) => of);
  return {
    width: WIDTH - 90,
    height: { step: 30 },
    autosize: 'pad',
    data: { values },
    mark: { type: 'bar', height: { band: 0.75 } },
    encoding: {
      y: { field: 'stage', type: 'nominal', sort: Object.values(STAGES), title: null },
      x: { field: 'percent', type: 'quantitative', stack: 'zero', title, scale: { domain: [0, 100] } },
      order: { field: 'order' },
      color: {
        field: 'of',
        type: 'nominal',
        sort: names,
        scale: { domain: names, range: [...COLOURS, 'var(--rest)'].slice(0, names.length) },
        legend: { columns: 2 },
      },
    },
  };
}

function map({ name, panels }: MapFigure): TopLevelSpec {
  const values = panels.flatMap(({ stage, points }) => points.map((point) => ({ ...point, stage: STAGES[stage] })));
  expectSome(name, values);
  const kinds = [...new Set(values.map(({ kind }) => kind))];
  const axis = { labels: false, ticks: false, domain: false, grid: false } as const;
  return {
    data: { values },
    facet: { row: { field: 'stage', type: 'nominal', sort: Object.values(STAGES), header: headerOf } },
    spacing: 10,
    spec: {
      width: WIDTH - 20,
      height: 230,
      // Thousands of points, each with a sentence that nobody hears, would be most of the page.
      mark: { type: 'point', filled: true, size: 7, opacity: 0.6, aria: false },
      encoding: {
        x: { field: 'x', type: 'quantitative', title: null, axis, scale: { zero: false } },
        y: { field: 'y', type: 'quantitative', title: null, axis, scale: { zero: false } },
        color: {
          field: 'kind',
          type: 'nominal',
          sort: kinds,
          scale: { domain: kinds, range: ['var(--rest)', ...COLOURS].slice(0, kinds.length) },
        },
      },
    },
  };
}

function expectSome(name: string, values: readonly unknown[]): void {
  if (values.length === 0) throw new RangeError(`figure ${name}: expected something to draw, found nothing`);
}
