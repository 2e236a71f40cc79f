/** What a study's page has beyond the style of the reports. */
export const STUDY_STYLE = `
h3 { text-transform: none; }
nav ol { display: block; columns: 2; column-gap: 2.5rem; margin: .5rem 0 0; padding-left: 1.4rem; list-style: decimal; }
nav li { padding: 0; border: 0; text-align: left; font-size: .95rem; }
.findings { display: block; margin: .75rem 0; padding-left: 1.2rem; list-style: disc; max-width: 46rem; }
.findings li { display: list-item; padding: .1rem 0; border: 0; text-align: left; font-size: 1rem; color: var(--text); }
.about { max-width: 46rem; color: var(--muted); }
.figures {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1rem; align-items: start;
}
.figures figure { margin: 0; padding: .9rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.figures svg { width: auto; max-width: 100%; margin: 0 auto; }
.figures figcaption { margin-top: .5rem; }
.moves {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: .75rem; margin-top: 1rem;
}
.move {
  display: flex; gap: .6rem; align-items: center; padding: .6rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; break-inside: avoid;
}
.move img { width: 3.6rem; }
.move p { flex: 1; margin: 0; font-size: .85rem; }
.rises { color: var(--hit); font-weight: 600; }
.falls { color: var(--first); font-weight: 600; }
/* The maps of figures are for paper, and for whoever runs no scripts. */
@media screen { .explores .figures .map { display: none; } }
.explorer { margin: 1rem 0; }
.explorer[hidden], .explorer .atlas { display: none; }
.explorer .controls { display: flex; flex-wrap: wrap; gap: .4rem 1.25rem; align-items: center; margin-bottom: .75rem; font-size: .9rem; }
.explorer fieldset { display: flex; flex-wrap: wrap; gap: .2rem .8rem; margin: 0; padding: 0; border: 0; }
.explorer legend { float: left; margin-right: .6rem; padding: 0; color: var(--muted); }
.explorer label { display: inline-flex; gap: .3rem; align-items: center; }
.explorer input { margin: 0; accent-color: var(--second); }
.explorer .swatch { width: .7rem; height: .7rem; border-radius: 50%; }
.explorer .images { background: var(--rest); }
.explorer .texts { background: var(--first); }
.explorer .targets { background: var(--second); }
.explorer .queries { background: var(--third); }
.explorer button {
  min-width: 2rem; padding: .15rem .5rem; font: inherit; color: var(--text); background: var(--card);
  border: 1px solid var(--line); border-radius: .3rem;
}
.explorer .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: .75rem; }
.explorer .panel { margin: 0; }
.explorer .panel figcaption { margin: 0 0 .25rem; }
.explorer .panel canvas {
  display: block; width: 100%; aspect-ratio: 1; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; cursor: crosshair; touch-action: pan-x pan-y;
}
.explorer canvas:focus-visible { outline: 3px solid var(--second); }
.explorer .card {
  display: flex; gap: .75rem; align-items: center; min-height: 5.75rem;
  margin-top: .75rem; padding: .6rem .9rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  font-size: .9rem;
}
.explorer .card p { margin: .1rem 0; font-size: inherit; }
.explorer .card canvas { flex: none; width: 4rem; height: 4rem; border-radius: .25rem; image-rendering: auto; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--muted); }
details table { margin-top: .5rem; font-size: .85rem; }
details td, details th { padding: .2rem .6rem; }
@media (max-width: 40rem) {
  nav ol { columns: 1; }
  .explorer .card {
    position: sticky; bottom: 0; z-index: 1; max-height: 10.5rem; overflow-y: auto; align-items: start; gap: .5rem;
    padding: .5rem; font-size: .8rem; line-height: 1.35; }
  .explorer .card canvas { width: 3rem; height: 3rem; }
}
@media print {
  @page { margin: 1.5cm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .figures { grid-template-columns: 1fr 1fr; }
  .figures figure, .findings li { break-inside: avoid; }
  h2, .about { break-after: avoid; }
  details, .explorer { display: none; }
}
`;
