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
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--muted); }
details table { margin-top: .5rem; font-size: .85rem; }
details td, details th { padding: .2rem .6rem; }
@media (max-width: 40rem) { nav ol { columns: 1; } }
@media print {
  @page { margin: 1.5cm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .figures { grid-template-columns: 1fr 1fr; }
  .figures figure, .findings li { break-inside: avoid; }
  h2, .about { break-after: avoid; }
  details { display: none; }
}
`;
