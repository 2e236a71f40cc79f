// Writes docs/study.md and docs/study/* again, from a run: `pnpm study-docs --run runs/seed1`, or from a report that
// `webcir study` made before: `pnpm study-docs --report report`. The words are in template.md beside this file.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { root, run } from '../lib/run.mjs';
import { launchBrowser } from '../lib/visits.mjs';
import { figuresOf, filled, rowsOf, wrapped } from './text.mjs';

/** Of the picture of the maps, in pixels of the page. */
const WIDTH = 1000;

const { values } = parseArgs({ options: { run: { type: 'string' }, report: { type: 'string' } } });
if ((values.run === undefined) === (values.report === undefined)) {
  console.error('Say which run the numbers come from: pnpm study-docs --run runs/NAME, or --report FOLDER');
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), 'study-docs-'));
try {
  const report = values.report ?? (await studied(values.run, scratch));
  const template = readFileSync(join(import.meta.dirname, 'template.md'), 'utf8');
  const csv = readFileSync(join(report, 'numbers.csv'), 'utf8');
  const text = wrapped(filled(template, rowsOf(csv)));
  const folder = join(root, 'docs/study');
  mkdirSync(folder, { recursive: true });
  const shown = figuresOf(text);
  for (const name of readdirSync(folder)) if (!shown.includes(name)) rmSync(join(folder, name));
  for (const name of shown) {
    const figure = join(report, 'figures', name);
    if (existsSync(figure)) copyFileSync(figure, join(folder, name));
    else await photograph(resolve(report, 'index.html'), join(folder, name));
  }
  writeFileSync(join(folder, 'numbers.csv'), csv);
  writeFileSync(join(root, 'docs/study.md'), text);
  console.log(`docs/study.md with ${shown.length} figures`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function studied(folder, scratch) {
  const out = join(scratch, 'report');
  const { code } = await run(
    process.execPath,
    [join(root, 'scripts/webcir.mjs'), 'study', '--run', folder, '--out', out],
    {
      cwd: process.cwd(),
      stream: true,
    },
  );
  if (code !== 0) process.exit(code);
  return out;
}

/** The maps of a page with one query pointed at, as a reader finds them. */
async function photograph(page, file) {
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage({ viewport: { width: WIDTH, height: 1000 }, colorScheme: 'light' });
    await tab.goto(pathToFileURL(page).href);
    await tab.locator('html.explores').waitFor();
    // From the last point back: queries stand last.
    const canvas = tab.locator('.panel canvas').last();
    await canvas.focus();
    await tab.keyboard.press('p');
    await tab.locator('.explorer .card b').waitFor();
    await tab.evaluate(() => document.activeElement.blur());
    await tab.locator('.explorer').screenshot({ path: file });
  } finally {
    await browser.close();
  }
}
