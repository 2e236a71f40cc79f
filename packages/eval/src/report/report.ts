import type { Protocol } from '../protocols/protocol.ts';
import { Html, html } from './html.ts';
import { queriesSection } from './queries.ts';
import { STYLE } from './style.ts';
import { arrange, type Block, methodLines } from './table.ts';
import type { ReportData, TrainingCurve } from './types.ts';

/**
 * A run's results as one HTML page that needs nothing else: no network, no script.
 * @throws RangeError where an image is no `data:image/...` URI
 */
export async function renderReport(data: ReportData): Promise<string> {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${data.title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${data.title}</h1>
<dl class="facts">
${data.facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
</dl>
</header>
<main>
${resultsSection(data)}
${await curvesSection(data)}
${queriesSection(data.queries)}
</main>
</body>
</html>
`;
  return page.text;
}

function resultsSection({ rows, protocol, split, notes = [] }: ReportData): Html {
  const { blocks, lines } = arrange(methodLines(rows), protocol.metrics);
  const shade = ({ isMean }: Block) => (isMean ? ' mean' : '');
  // A block is set off from the one before it.
  const kind = (block: Block, column: number) => (column === 0 ? `first${shade(block)}` : shade(block));
  return html`<section aria-labelledby="results">
<h2 id="results">Results</h2>
<p class="muted">In percent, the best of each column in bold. Protocol <b>${protocol.name}</b> on ${split}.
${protocol.description}</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="results">
<table>
<thead>
${headings(blocks, shade)}
<tr><td></td>
${blocks.flatMap((block) =>
  block.metrics.map(({ label }, column) => html`<th scope="col" class="${kind(block, column)}">${label}</th>`),
)}</tr>
</thead>
<tbody>
${lines.map(
  ({ label, cells }) => html`<tr><th scope="row">${label}</th>
${blocks.flatMap((block, i) =>
  cells[i].map(
    ({ text, best }, column) =>
      html`<td class="${kind(block, column)}">${best ? html`<strong>${text}</strong>` : text}</td>`,
  ),
)}</tr>`,
)}
</tbody>
</table>
</div>
${notes.map((note) => html`<p class="muted">${note}</p>`)}
</section>`;
}

/** The row above the metrics' names, unless no block has a heading. */
function headings(blocks: readonly Block[], shade: (block: Block) => string): Html {
  if (blocks.every(({ heading }) => heading === '')) return html``;
  return html`<tr class="headings"><td></td>
${blocks.map(
  (block) =>
    html`<th scope="colgroup" colspan="${block.metrics.length}" class="first${shade(block)}">${block.heading}</th>`,
)}</tr>`;
}

async function curvesSection({ curves, protocol }: ReportData): Promise<Html> {
  if (curves.length === 0) return html``;
  return html`<section aria-labelledby="training">
<h2 id="training">Training</h2>
<div class="curves">
${await Promise.all(curves.map((curve) => renderCurve(curve, protocol)))}
</div>
</section>`;
}

async function renderCurve({ stage, losses, validation }: TrainingCurve, protocol: Protocol): Promise<Html> {
  // Loaded when there is something to draw: vega is large.
  const { lossChart, scoreChart } = await import('./chart.ts');
  const figures: Html[] = [];
  if (losses.length > 0) {
    const [first, last] = [losses[0], losses[losses.length - 1]];
    const summary = `Loss from ${first.loss.toFixed(3)} to ${last.loss.toFixed(3)} over ${losses.length} steps`;
    figures.push(figure(await lossChart(losses), summary));
  }
  if (validation.length > 0) {
    const [criterion] = protocol.criteria;
    const shown = protocol.metrics.filter(({ key }) => protocol.headline.includes(key));
    const best = validation.reduce((a, b) => (criterion.of(b.scores) > criterion.of(a.scores) ? b : a));
    const scores = shown.map(({ key, label }) => `${label} ${best.scores[key].toFixed(2)}`).join(', ');
    figures.push(
      figure(await scoreChart(validation, shown), `Best by ${criterion.label}: epoch ${best.epoch} with ${scores}`),
    );
  }
  return html`<section><h3>${stage}</h3>
${figures}</section>`;
}

/** The drawing is hidden from screen readers, which would read out every point: the caption says what it shows. */
function figure(svg: string, caption: string): Html {
  return html`<figure><div aria-hidden="true">${new Html(svg)}</div><figcaption>${caption}</figcaption></figure>`;
}
