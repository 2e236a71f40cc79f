import type { TopLevelSpec } from 'vega-lite';
import type { Metric } from '../protocols/protocol.ts';
import { COLOURS, draw } from './draw.ts';
import type { TrainingCurve } from './types.ts';

/** More points than this cannot be told apart at the width of a chart. */
const MAX_POINTS = 240;
/** Share of all points that a smoothed value averages on either side. */
const SMOOTHING = 0.02;

const WIDTH = 330;
const HEIGHT = 160;
/** Room for axes and for the names at the ends of lines; the same in every chart, so that they stand in line. */
const PADDING = { left: 46, top: 8, right: 56, bottom: 38 };
const LABEL_HEIGHT = 13;

/** The loss over steps as an SVG: the logged values, faint, under a moving average. */
export function lossChart(losses: TrainingCurve['losses']): Promise<string> {
  const values = smooth(thin(losses));
  const x = { field: 'step', type: 'quantitative', title: 'step', scale: { nice: false } } as const;
  const scale = { zero: false } as const;
  return drawCurve({
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

/** Validation scores over epochs as an SVG, each line named at its end. */
export function scoreChart(
  validation: TrainingCurve['validation'],
  metrics: readonly Pick<Metric, 'key' | 'label'>[],
): Promise<string> {
  const values = validation.flatMap(({ epoch, scores }) =>
    metrics.map(({ key, label }) => ({ epoch, metric: label, score: scores[key] })),
  );
  const last = Math.max(...validation.map(({ epoch }) => epoch));
  const top = 10 * Math.ceil(Math.max(1, ...values.map(({ score }) => score)) / 10);
  const names = apart(
    values.filter(({ epoch }) => epoch === last),
    (LABEL_HEIGHT / HEIGHT) * top,
    top,
  );
  const x = {
    field: 'epoch',
    type: 'quantitative',
    title: 'epoch',
    axis: { tickMinStep: 1, format: 'd' },
    scale: { nice: false },
  } as const;
  const y = { field: 'score', type: 'quantitative' as const, title: 'validation, %', scale: { domain: [0, top] } };
  const color = {
    field: 'metric',
    type: 'nominal',
    legend: null,
    scale: { domain: metrics.map(({ label }) => label), range: COLOURS },
  } as const;
  return drawCurve({
    layer: [
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 2, point: { size: values.length > 60 ? 0 : 22 } },
        encoding: { x, y, color },
      },
      {
        data: { values: names },
        mark: { type: 'text', align: 'left', dx: 7, fontSize: 12, fontWeight: 'bold' },
        encoding: { x, y, color, text: { field: 'metric' } },
      },
    ],
  });
}

/** Moves names that would overlap apart: upwards as far as needed, then down again from the top of the chart. */
function apart<T extends { score: number }>(names: readonly T[], distance: number, top: number): T[] {
  const placed = [...names].sort((a, b) => a.score - b.score);
  for (let i = 1; i < placed.length; i++) {
    placed[i] = { ...placed[i], score: Math.max(placed[i].score, placed[i - 1].score + distance) };
  }
  for (let i = placed.length - 1, max = top; i >= 0; i--, max = placed[i + 1].score - distance) {
    placed[i] = { ...placed[i], score: Math.min(placed[i].score, max) };
  }
  return placed;
}

/** Every chart of training has the same size. */
const drawCurve = (spec: Pick<Extract<TopLevelSpec, { layer: unknown }>, 'data' | 'layer'>): Promise<string> =>
  draw({ ...spec, width: WIDTH, height: HEIGHT, padding: PADDING, autosize: 'none' });

/** Thins a curve to at most `MAX_POINTS` means over runs of neighbours. */
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
