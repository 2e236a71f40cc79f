import { PALETTE_STYLE } from './palette.ts';

/** The page's only style sheet. */
export const STYLE = `
${PALETTE_STYLE}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 70rem;
  background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
}
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 2.75rem 0 .75rem; font-size: 1.25rem; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1.05rem; text-transform: capitalize; }
h3 small { color: var(--muted); font-weight: normal; text-transform: none; }
p { margin: .5rem 0; }
.muted, figcaption { color: var(--muted); font-size: .9rem; }
.facts {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); gap: .6rem 1.5rem; margin: 0;
}
.facts dt { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .4rem .75rem; text-align: right; }
thead th { color: var(--muted); font-weight: 600; font-size: .9rem; }
thead .headings th { padding-bottom: 0; text-align: center; color: var(--text); }
.headings th::first-letter { text-transform: uppercase; }
thead tr:last-child { border-bottom: 2px solid var(--line); }
tbody tr { border-bottom: 1px solid var(--line); }
tbody th { position: sticky; left: 0; padding-left: 0; text-align: left; font-weight: normal; background: var(--page); }
.first { padding-left: 1.5rem; }
.mean { background: color-mix(in srgb, var(--line) 35%, transparent); }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
.curves section { padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.curves h3 { margin: 0 0 .5rem; text-transform: none; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; }
figure + figure { margin-top: 1rem; }
.query {
  margin: 0 0 1rem; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
}
.asked { display: flex; gap: 1rem; align-items: center; }
.asked img { width: 5.5rem; }
.asked figure { margin: 0; }
.asked figcaption { text-align: center; font-size: .75rem; }
.caption { margin: 0 0 .35rem; font-size: 1.05rem; }
.ranks { margin: 0; font-size: .85rem; color: var(--muted); }
.ranks span { margin-right: .9rem; white-space: nowrap; }
.ranks b { color: var(--text); font-variant-numeric: tabular-nums; }
.asked > span { color: var(--muted); font-size: 1.4rem; }
.asked > div { flex: 1; }
ol {
  display: grid; grid-template-columns: repeat(10, 1fr); gap: .5rem; margin: .9rem 0 0; padding: 0; list-style: none;
}
img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #fff; border-radius: .25rem; }
li {
  padding: 3px 3px 0; border: 2px solid transparent; border-radius: .4rem;
  text-align: center; font-size: .75rem; color: var(--muted);
}
li.also { border: 2px dashed var(--hit); }
li.target { border: 2px solid var(--hit); background: var(--hit-soft); color: var(--hit); font-weight: 700; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .9rem 3rem; }
  ol { grid-template-columns: repeat(5, 1fr); gap: .35rem; }
  .asked { flex-wrap: wrap; gap: .75rem; }
  .asked img { width: 4.5rem; }
  .asked > div { flex-basis: 100%; }
  table { font-size: .85rem; }
  th, td { padding: .35rem .4rem; }
  tbody th { min-width: 6.8rem; white-space: normal; }
  .first { padding-left: .8rem; }
}
@media print { .query, .curves section { break-inside: avoid; } }
`;
