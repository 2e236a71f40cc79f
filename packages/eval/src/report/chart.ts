import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { TrainingCurve } from './types.ts';

/** More points than this cannot be told apart at the width of a chart. */
const MAX_POINTS = 240;
/** Share of all points that a smoothed value takes in on either side. */
const SMOOTHING = 0.02;

const WIDTH = 330;
const HEIGHT = 160;
/** Room for axes and for the names at the ends of lines; the same in every chart, so that they stand in line. */
const PADDING = { left: 46, top: 8, right: 44, bottom: 38 };

// Colours are custom properties of the page, which know light from dark.
const LOOK: TopLevelSpec['config'] = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    domainColor: 'var(--line)',
    gridColor: 'var(--line)',
    tickColor: 'var(--line)',
    labelColor: 'var(--muted)',
    titleColor: 'var(--muted)',
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    tickCount: 5,
  },
  axisX: { grid: false },
  axisY: { domain: false, ticks: false, labelPadding: 6 },
};

/** The loss over steps as an SVG: what was logged, faint, with a moving average over it. */
export function lossChart(losses: TrainingCurve['losses']): Promise<string> {
  const values = smooth(thin(losses));
  const x = { field: 'step', type: 'quantitative', title: 'step', scale: { nice: false } } as const;
  const scale = { zero: false } as const;
  return draw({
    data: { values },
    layer: [
      {
        mark: { type: 'line', color: 'var(--loss)', opacity: 0.3, strokeWidth: 1 },
        encoding: { x, y: { field: 'loss', type: 'quantitative', title: 'contrastive loss', scale } },
      },
      {
        mark: { type: 'line', color: 'var(--loss)', strokeWidth: 2 },
        encoding: { x, y: { field: 'smoothed', type: 'quantitative', scale } },
      },
    ],
  });
}

/** Validation recall over epochs as an SVG, each line named at its end. */
export function recallChart(validation: TrainingCurve['validation']): Promise<string> {
  const values = validation.flatMap(({ epoch, recallAt10, recallAt50 }) => [
    { epoch, recall: recallAt10, metric: 'R@10' },
    { epoch, recall: recallAt50, metric: 'R@50' },
  ]);
  const last = Math.max(...validation.map(({ epoch }) => epoch));
  const x = {
    field: 'epoch',
    type: 'quantitative',
    title: 'epoch',
    axis: { tickMinStep: 1, format: 'd' },
    scale: { nice: false },
  } as const;
  const y = { field: 'recall', type: 'quantitative', title: 'validation recall, %', scale: { zero: true } } as const;
  const color = {
    field: 'metric',
    type: 'nominal',
    legend: null,
    scale: { domain: ['R@10', 'R@50'], range: ['var(--first)', 'var(--second)'] },
  } as const;
  return draw({
    data: { values },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 2, point: { size: values.length > 60 ? 0 : 22 } },
        encoding: { x, y, color },
      },
      {
        transform: [{ filter: `datum.epoch === ${last}` }],
        mark: { type: 'text', align: 'left', dx: 7, fontSize: 12, fontWeight: 'bold' },
        encoding: { x, y, color, text: { field: 'metric' } },
      },
    ],
  });
}

function draw(spec: Pick<Extract<TopLevelSpec, { layer: unknown }>, 'data' | 'layer'>): Promise<string> {
  const compiled = compile({
    ...spec,
    width: WIDTH,
    height: HEIGHT,
    padding: PADDING,
    autosize: 'none',
    config: LOOK,
  });
  return new vega.View(vega.parse(compiled.spec), { renderer: 'none' }).toSVG();
}

/** At most `MAX_POINTS` means over runs of neighbours. */
function thin(losses: TrainingCurve['losses']): TrainingCurve['losses'] {
  const run = Math.ceil(losses.length / MAX_POINTS);
  return Array.from({ length: Math.ceil(losses.length / run) }, (_, i) => {
    const part = losses.slice(i * run, (i + 1) * run);
    return {
      step: part[part.length - 1].step,
      loss: part.reduce((sum, { loss }) => sum + loss, 0) / part.length,
    };
  });
}

/** Adds to every point the mean over its neighbourhood, which shrinks evenly towards both ends. */
function smooth(losses: TrainingCurve['losses']) {
  const reach = Math.round(losses.length * SMOOTHING);
  return losses.map((point, i) => {
    const near = Math.min(reach, i, losses.length - 1 - i);
    const part = losses.slice(i - near, i + near + 1);
    return { ...point, smoothed: part.reduce((sum, { loss }) => sum + loss, 0) / part.length };
  });
}
