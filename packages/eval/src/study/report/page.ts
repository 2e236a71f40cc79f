import { Html, html } from '../../report/html.ts';
import { STYLE } from '../../report/style.ts';
import type { Shown } from '../../report/types.ts';
import type { Measurements } from '../measure.ts';
import type { Example, StudySection } from '../section.ts';
import { STAGES } from '../space.ts';
import { type Format, isNoise } from '../words.ts';
import { type AtlasOptions, explorerScript, renderExplorer } from './explorer.ts';
import { standaloneSvg } from './files.ts';
import { STUDY_STYLE } from './style.ts';

/** A query as the page shows it. */
export interface ShownQuery {
  readonly caption: string;
  readonly reference: Shown;
  readonly target: Shown;
}

/** What a study's page shows. */
export interface StudyReport {
  readonly title: string;
  /** Label and value: models, data set, protocol, seed, command. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly notes: readonly string[];
  readonly sections: readonly StudySection[];
  /** A query by its number in the split. */
  shown(query: number): Promise<ShownQuery>;
  /** Pictures as one, which the maps show in place of dots: a data URI. Without, the page has no maps to move about in. */
  atlas?(images: readonly string[], options: AtlasOptions): Promise<string>;
}

/** A study as files that need nothing else. */
export interface RenderedStudy {
  /** HTML. */
  readonly page: string;
  /** SVG, by name. */
  readonly figures: ReadonlyMap<string, string>;
}

/** Draws a study. @throws RangeError naming a figure with nothing in it, or two of one name */
export async function renderStudy(report: StudyReport): Promise<RenderedStudy> {
  const drawn = new Map<string, string>();
  const sections: Html[] = [];
  const { drawFigure } = await import('./draw-figure.ts'); // vega is large, and most who import this draw nothing
  for (const section of report.sections) {
    for (const figure of section.figures) {
      if (drawn.has(figure.name)) throw new RangeError(`two figures are called ${figure.name}`);
      drawn.set(figure.name, await drawFigure(figure));
    }
    sections.push(await renderSection(section, drawn, report));
  }
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${report.title}</title>
<style>${new Html(STYLE)}${new Html(STUDY_STYLE)}</style>
</head>
<body>
<header>
<h1>${report.title}</h1>
<dl class="facts">
${report.facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
</dl>
${report.notes.map((note) => html`<p class="muted">${note}</p>`)}
<nav aria-label="Sections"><ol>
${report.sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
</ol></nav>
</header>
<main>
${sections}
</main>
${report.sections.some(({ map }) => map) && report.atlas ? html`<script>${new Html(explorerScript())}</script>` : html``}
</body>
</html>
`;
  const figures = report.sections.flatMap((section) => section.figures);
  return {
    page: page.text,
    figures: new Map(figures.map(({ name, caption }) => [name, standaloneSvg(drawn.get(name)!, caption)])),
  };
}

async function renderSection(
  section: StudySection,
  drawn: ReadonlyMap<string, string>,
  { shown, atlas }: StudyReport,
): Promise<Html> {
  const { id, title, about, findings, figures, numbers, map, examples = [] } = section;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<p class="about">${about}</p>
<ul class="findings">
${findings.map((finding) => html`<li>${finding}</li>`)}
</ul>
${map && atlas ? await renderExplorer(map, atlas) : html``}
<div class="figures">
${figures.map(
  ({
    kind,
    name,
    caption,
  }) => html`<figure id="figure-${name}" class="${kind}"><div aria-hidden="true">${new Html(drawn.get(name)!)}</div>
<figcaption>${caption}</figcaption></figure>`,
)}
</div>
${await renderExamples(examples, shown)}
<details><summary>All numbers of this section, with 95 % intervals</summary>
<div class="scroll">
<table>
<thead><tr><td></td><th scope="col">of</th><th scope="col">stage</th><th scope="col">value</th><th scope="col">low</th>
<th scope="col">high</th></tr></thead>
<tbody>
${numbers.flatMap(tableRows)}
</tbody>
</table>
</div>
</details>
</section>`;
}

/** Four digits that count. */
const precise: Format = (value) =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))).replace('-', '−') : '–';

function tableRows({ measured, changes }: Measurements): Html[] {
  const numbers = measured.map(
    ({ quantity, of, stage, value, low, high }) => html`<tr><th scope="row">${quantity}</th><td>${of}</td>
<td>${STAGES[stage]}</td><td>${precise(value)}</td><td>${precise(low)}</td><td>${precise(high)}</td></tr>`,
  );
  const differences = changes.map((change) => {
    const { quantity, of, from, to, value, low, high } = change;
    return html`<tr><th scope="row">${quantity}, change</th><td>${of}</td>
<td>${STAGES[to]} − ${STAGES[from]}</td><td>${precise(value)}${isNoise(change) ? ' (noise)' : ''}</td>
<td>${precise(low)}</td><td>${precise(high)}</td></tr>`;
  });
  return [...numbers, ...differences];
}

async function renderExamples(examples: readonly Example[], shown: StudyReport['shown']): Promise<Html> {
  if (examples.length === 0) return html``;
  const queries = await Promise.all(examples.map(async (example) => ({ ...example, ...(await shown(example.query)) })));
  return html`<h3>The largest moves</h3>
<div class="moves">
${queries.map(
  ({ caption, reference, target, before, after }) => html`<article class="move">
<img src="${reference.image}" alt="Reference image ${reference.id}">
<span aria-hidden="true">→</span>
<img src="${target.image}" alt="Target image ${target.id}">
<p>“${caption}”<br><span class="${after < before ? 'rises' : 'falls'}">rank ${before} → ${after}</span></p>
</article>`,
)}
</div>`;
}
