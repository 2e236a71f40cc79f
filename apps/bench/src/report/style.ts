/** The page's only style sheet. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --text: #1d2126; --muted: #626b75; --line: #dfe2e6; --track: #eceef0;
  --arithmetic: #2563a8; --memory: #b4530a; --ours: #15803d; --met: #15803d; --missed: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --text: #e6e8ea; --muted: #9aa4ae; --line: #343a41; --track: #262b31;
    --arithmetic: #7db4ee; --memory: #f2a25c; --ours: #4ade80; --met: #4ade80; --missed: #f28b82;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 76rem;
  background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
}
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 2.75rem 0 .5rem; font-size: 1.25rem; }
h3 { margin: 1.5rem 0 .25rem; font-size: 1rem; }
.facts {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: .6rem 1.5rem; margin: 0;
}
.facts dt { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.note { color: var(--muted); font-size: .85rem; font-weight: normal; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .2rem .75rem; text-align: right; white-space: nowrap; }
thead th { color: var(--muted); font-weight: 600; font-size: .8rem; border-bottom: 2px solid var(--line); }
tbody th { padding-left: 0; text-align: left; font-weight: normal; }
thead th:first-child, th:nth-child(2), td:nth-child(2), td:has(.bar) { text-align: left; }
thead th:first-child { padding-left: 0; }
.goals td:last-child { text-align: left; }
.goals .note { display: block; max-width: 34rem; white-space: normal; }
tbody tr.first:not(:first-child) > * { border-top: 1px solid var(--line); }
tr.ours > th { font-weight: 600; }
.bar {
  display: inline-block; width: 11rem; height: .7rem; margin-right: .4rem; background: var(--track);
  border-radius: .2rem; overflow: hidden; vertical-align: -.05rem;
}
.bar > span { display: block; height: 100%; background: var(--arithmetic); }
.bar.memory > span { background: var(--memory); }
.bar.ours > span { background: var(--ours); }
.verdict { font-weight: 600; color: var(--muted); }
.verdict.met { color: var(--met); }
.verdict.missed { color: var(--missed); }
`;
