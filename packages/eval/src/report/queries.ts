import { type Html, html } from './html.ts';
import { METHODS, type ReportQuery, type Shown } from './types.ts';

/** Every query with what it asked for and what was found, by category. */
export function queriesSection(queries: readonly ReportQuery[]): Html {
  if (queries.length === 0) return html``;
  const categories = [...new Set(queries.map(({ category }) => category))];
  const also = queries.some(({ alsoCorrect = [] }) => alsoCorrect.length > 0)
    ? html` A dashed frame marks other images that answer the query as well.`
    : html``;
  return html`<section aria-labelledby="queries">
<h2 id="queries">Queries</h2>
<p class="muted">What was asked for, the rank of the target under each method, and what the last of the methods above
ranks first. The target has a green frame.${also}</p>
${categories.map((category) => {
  const own = queries.filter((query) => query.category === category);
  const count = html`<small>${own.length} ${own.length === 1 ? 'query' : 'queries'}</small>`;
  return html`${categories.length > 1 ? html`<h3>${category} ${count}</h3>` : html``}
${own.map(renderQuery)}`;
})}
</section>`;
}

function renderQuery(query: ReportQuery): Html {
  const { category, caption, reference, target, ranks, top } = query;
  const what = `${category} query “${caption}”`;
  return html`<article class="query" aria-label="${what}">
<div class="asked">
<figure>${image(reference, `Reference image ${reference.id}`, what)}<figcaption>reference</figcaption></figure>
<span aria-hidden="true">→</span>
<figure>${image(target, `Target image ${target.id}`, what)}<figcaption>target</figcaption></figure>
<div>
<p class="caption">“${caption}”</p>
<p class="ranks">Rank of the target:
${ranks.map(({ method, rank }) => html`<span>${METHODS[method]} <b>${rank}</b></span>`)}</p>
</div>
</div>
<ol>
${top.map((shown, i) => renderFound(query, shown, i + 1))}
</ol>
</article>`;
}

function renderFound({ category, caption, target, alsoCorrect = [] }: ReportQuery, shown: Shown, rank: number): Html {
  const kind = shown.id === target.id ? 'target' : alsoCorrect.includes(shown.id) ? 'also' : 'other';
  const meaning = { target: ', the target', also: ', also correct', other: '' }[kind];
  return html`<li class="${kind}">${image(
    shown,
    `Rank ${rank}: image ${shown.id}${meaning}`,
    `${category} query “${caption}”`,
  )}${rank}${kind === 'target' ? html` target` : html``}</li>`;
}

function image({ id, image }: Shown, alt: string, where: string): Html {
  if (!image.startsWith('data:image/')) {
    throw new RangeError(
      `${where}, image ${id}: expected a data:image/... URI, found '${image.slice(0, 40)}': encode the image first`,
    );
  }
  return html`<img src="${image}" alt="${alt}" title="${id}" loading="lazy">`;
}
