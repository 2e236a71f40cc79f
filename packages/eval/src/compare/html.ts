import { Html, html } from '../report/html.ts';
import { STYLE } from '../report/style.ts';
import type { Block } from '../report/table.ts';
import type { CheckedClaim } from './claims.ts';
import type { ComparedCell, ComparedLine, Comparison } from './comparison.ts';
import { MARKS, MARKS_NOTE, sourceNumber, titleOf } from './layout.ts';

const OWN_STYLE = `
body { max-width: 78rem; }
tbody th[scope=rowgroup] { padding-top: 1rem; color: var(--muted); font-weight: 600; white-space: normal; }
tbody small { display: block; color: var(--muted); font-size: .8rem; line-height: 1.2; }
td { position: relative; }
sup { position: absolute; line-height: 1; }
@media print { tr { break-inside: avoid; } table { font-size: .75rem; } th, td { padding: .15rem .4rem; } }
`;

/** Comparisons as one HTML page that needs nothing else, in the look of the reports. */
export function comparisonHtml(comparisons: readonly Comparison[], claims: readonly CheckedClaim[]): string {
  const title = `Published results on ${comparisons[0].dataset}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(STYLE + OWN_STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
</header>
<main>
${comparisons.map(section)}
${claims.length > 0 ? claimsSection(claims) : html``}
</main>
</body>
</html>
`.text;
}

function section(comparison: Comparison, index: number): Html {
  const { sections, notes, sources } = comparison;
  return html`<section aria-labelledby="table${index}">
<h2 id="table${index}">${titleOf(comparison)}</h2>
<p class="muted">${notes[0]}</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="table${index}">
<table>
<thead>
${head(comparison)}
</thead>
${sections.map(({ heading, lines }) => body(comparison, heading, lines))}
</table>
</div>
${[MARKS_NOTE, ...notes.slice(1)].map((note) => html`<p class="muted">${note}</p>`)}
${sources.map(({ title, url }, i) => html`<p class="muted">[${i + 1}] <a href="${url}">${title}</a></p>`)}
</section>`;
}

/** A block is set off from the one before it. */
const kindOf = ({ isMean }: Block, column: number): string => `${column === 0 ? 'first' : ''}${isMean ? ' mean' : ''}`;

function head({ blocks }: Comparison): Html {
  const families = html`<tr class="headings"><td></td>
${blocks.map((block) => html`<th scope="colgroup" colspan="${block.metrics.length}" class="${kindOf(block, 0)}">${block.heading}</th>`)}</tr>`;
  return html`${blocks.some(({ heading }) => heading !== '') ? families : html``}
<tr><td></td>
${blocks.flatMap((block) => block.metrics.map(({ label }, i) => html`<th scope="col" class="${kindOf(block, i)}">${label}</th>`))}</tr>`;
}

function body(comparison: Comparison, heading: string, lines: readonly ComparedLine[]): Html {
  const { blocks } = comparison;
  const columns = 1 + blocks.reduce((sum, { metrics }) => sum + metrics.length, 0);
  const cellsOf = ({ cells }: ComparedLine) =>
    blocks.flatMap((block, i) =>
      cells[i].map((cell, column) => html`<td class="${kindOf(block, column)}">${cellOf(cell)}</td>`),
    );
  return html`<tbody>
<tr><th scope="rowgroup" colspan="${columns}">${heading}</th></tr>
${lines.map((line) => html`<tr><th scope="row">${line.method}${aboutLine(comparison, line)}</th>${cellsOf(line)}</tr>`)}
</tbody>`;
}

/** Backbone, venue and source below the name of a published method. */
const aboutLine = (comparison: Comparison, line: ComparedLine): Html =>
  line.source === undefined
    ? html``
    : html`<small>${line.backbone}, ${line.venue} ${sourceNumber(comparison, line)}</small>`;

const claimsSection = (claims: readonly CheckedClaim[]): Html => html`<section aria-labelledby="claims">
<h2 id="claims">The poster's claims</h2>
${claims.map(({ sentences }) => html`<p>${sentences.join(' ')}</p>`)}
</section>`;

function cellOf({ text, best, status }: ComparedCell): Html {
  const mark = status === 'seen' ? html`` : html`<sup>${MARKS[status]}</sup>`;
  return html`${best ? html`<strong>${text}</strong>` : text}${mark}`;
}
