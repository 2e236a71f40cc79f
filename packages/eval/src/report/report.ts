import { lossChart, recallChart } from './chart.ts';
import { Html, html } from './html.ts';
import { queriesSection } from './queries.ts';
import { STYLE } from './style.ts';
import { arrange } from './table.ts';
import { METHODS, type ReportData, type TrainingCurve } from './types.ts';

/**
 * A run's results as one HTML page that needs nothing else: no network, no script.
 * @throws RangeError where a picture is no `data:image/...` URI
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
${await curvesSection(data.curves)}
${queriesSection(data.queries)}
</main>
</body>
</html>
`;
  return page.text;
}

function resultsSection({ rows, protocol, notes = [] }: ReportData): Html {
  const { categories, lines } = arrange(rows);
  const shade = (category: string) => (category === 'mean' ? ' mean' : '');
  const value = (text: string, best: boolean) => (best ? html`<strong>${text}</strong>` : html`${text}`);
  return html`<section aria-labelledby="results">
<h2 id="results">Results</h2>
<p class="muted">Recall in percent, the best of each column in bold; ${protocol}.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="results">
<table>
<thead>
<tr><td rowspan="2"></td>
${categories.map((category) => html`<th scope="colgroup" colspan="2" class="pair${shade(category)}">${category}</th>`)}</tr>
<tr>
${categories.map(
  (category) =>
    html`<th scope="col" class="pair${shade(category)}">R@10</th><th scope="col" class="${shade(category)}">R@50</th>`,
)}</tr>
</thead>
<tbody>
${lines.map(
  ({ method, cells }) => html`<tr><th scope="row">${METHODS[method]}</th>
${cells.map((cell, i) => {
  const { recalls, best } = cell ?? { recalls: ['–', '–'], best: [false, false] };
  return html`<td class="pair${shade(categories[i])}">${value(recalls[0], best[0])}</td><td class="${shade(
    categories[i],
  )}">${value(recalls[1], best[1])}</td>`;
})}</tr>`,
)}
</tbody>
</table>
</div>
${notes.map((note) => html`<p class="muted">${note}</p>`)}
</section>`;
}

async function curvesSection(curves: readonly TrainingCurve[]): Promise<Html> {
  if (curves.length === 0) return html``;
  return html`<section aria-labelledby="training">
<h2 id="training">Training</h2>
<div class="curves">
${await Promise.all(curves.map(renderCurve))}
</div>
</section>`;
}

async function renderCurve({ stage, losses, validation }: TrainingCurve): Promise<Html> {
  const figures: Html[] = [];
  if (losses.length > 0) {
    const [first, last] = [losses[0], losses[losses.length - 1]];
    const summary = `Loss from ${first.loss.toFixed(3)} to ${last.loss.toFixed(3)} over ${losses.length} steps`;
    figures.push(figure(await lossChart(losses), summary));
  }
  if (validation.length > 0) {
    const best = validation.reduce((a, b) => (b.recallAt10 > a.recallAt10 ? b : a));
    const recalls = `R@10 ${best.recallAt10.toFixed(2)}, R@50 ${best.recallAt50.toFixed(2)}`;
    figures.push(figure(await recallChart(validation), `Best by R@10: epoch ${best.epoch} with ${recalls}`));
  }
  return html`<section><h3>${stage}</h3>
${figures}</section>`;
}

/** The drawing is hidden from screen readers, which would read out every point: the caption says what it shows. */
function figure(svg: string, caption: string): Html {
  return html`<figure><div aria-hidden="true">${new Html(svg)}</div><figcaption>${caption}</figcaption></figure>`;
}
