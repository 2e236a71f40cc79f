/** The colours of pages and figures as custom properties: a page, and a figure in a file of its own, begin with it. */
export const PALETTE_STYLE = `:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --text: #1d2126; --muted: #626b75; --line: #dfe2e6;
  --hit: #15803d; --hit-soft: #dcf5e4; --loss: #2563a8; --first: #b4530a; --second: #2563a8;
  --third: #15803d; --fourth: #86399b; --rest: #b9c0c8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --card: #1c2024; --text: #e6e8ea; --muted: #9aa4ae; --line: #343a41;
    --hit: #4ade80; --hit-soft: #12351f; --loss: #7db4ee; --first: #f2a25c; --second: #7db4ee;
    --third: #4ade80; --fourth: #cf8fe0; --rest: #555f69;
  }
}`;
