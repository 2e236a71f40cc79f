import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

// Colours are custom properties of the page, which know light from dark.
/** The colours that tell lines apart, in their order. */
export const COLOURS = ['var(--first)', 'var(--second)', 'var(--third)', 'var(--fourth)'];

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
  legend: {
    orient: 'top',
    title: null,
    labelColor: 'var(--text)',
    labelFontSize: 11,
    symbolType: 'circle',
    symbolStrokeWidth: 0,
  },
  header: { labelColor: 'var(--muted)', labelFontSize: 11, title: null },
};

/** A chart as an SVG in the look of the reports. */
export function draw(spec: TopLevelSpec): Promise<string> {
  const compiled = compile({ ...spec, config: LOOK });
  return new vega.View(vega.parse(compiled.spec), { renderer: 'none' }).toSVG();
}
