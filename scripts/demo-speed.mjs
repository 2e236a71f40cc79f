// How fast the demo is in a Chromium that has never seen it, over a line of 4 MB/s: first paint, first screen, first
// answer, how long the page was busy, how much its layout moved; and answers after that.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { buildDemo, serveDemo } from '../apps/demo/scripts/site.mjs';
import { canvasArguments } from './lib/browser.mjs';
import { table } from './lib/markdown.mjs';
import { launchBrowser } from './lib/visits.mjs';

const USAGE = `usage: pnpm demo-speed [options]
  --rounds N  each in a new profile; 5 unless given
  --set NAME  emoji-cir unless given`;

/** What a visitor should get; in milliseconds, but for the layout's shift. */
const GOALS = { 'first screen': 3000, 'query, warm': 100, 'total blocking time': 200, 'layout shift': 0.05 };
const LINE = 4e6;
/** Captions of the set that are asked after the first query, twice each. */
const ASKED = 10;
/** How long the map moves after a search, in milliseconds, and some more. */
const REST = 700;

const options = { rounds: { type: 'string', default: '5' }, set: { type: 'string', default: 'emoji-cir' } };
const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } });
const rounds = Number(values.rounds);
if (values.help || !Number.isInteger(rounds) || rounds < 1) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 1;
} else await measure(rounds, values.set);

async function measure(count, set) {
  const folder = mkdtempSync(join(tmpdir(), 'webcir-demo-'));
  try {
    await buildDemo(folder);
    const visits = [];
    for (let round = 0; round < count; round++) {
      const site = await serveDemo(folder, { bytesPerSecond: LINE });
      try {
        visits.push(await visit(site.url, set));
      } finally {
        await site.close();
      }
    }
    report(visits, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What one visit measured, by name. */
async function visit(url, set) {
  const browser = await launchBrowser(canvasArguments);
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(120_000);
    await page.addInitScript(watch);
    await page.goto(`${url}#set=${set}`, { waitUntil: 'commit' });
    await page.locator('.wall .picture').first().waitFor();
    const screen = await page.evaluate(async () => {
      await document.fonts.ready;
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now();
    });
    await page.locator('.try').first().click();
    await page.locator('.columns li').first().waitFor();
    const answer = await page.evaluate(() => performance.now());
    const texts = await page.evaluate(
      async ({ name, count }) => {
        const { captions } = await (await fetch(`packs/${name}/pack.json`)).json();
        return captions.slice(0, count).map(([text]) => text);
      },
      { name: set, count: ASKED },
    );
    const warm = [];
    for (const text of [...texts, ...texts]) warm.push(await ask(page, text));
    const { paint, busy, shift } = await page.evaluate(() => globalThis.watched);
    const blocking = busy.filter(({ start }) => start >= paint && start < answer);
    return {
      'first paint': paint,
      'first screen': screen,
      'first answer': answer,
      'total blocking time': blocking.reduce((sum, { duration }) => sum + Math.max(0, duration - 50), 0),
      'layout shift': shift,
      'query, warm': median(warm.slice(ASKED)), // each text's length has been searched with by then
    };
  } finally {
    await browser.close();
  }
}

/** Milliseconds that a query takes in the page, as it says itself: asked once the map has come to rest. */
async function ask(page, text) {
  await page.fill('#text', '');
  await page.waitForFunction(() => document.querySelector('[data-kind="text"] .soft'));
  await page.waitForTimeout(REST);
  await page.fill('#text', text);
  await page.waitForFunction(() => document.querySelector('[data-kind="text"] li'));
  const said = await page.locator('.time').textContent();
  const [encoding, ranking] = said.match(/\d+/g).map(Number);
  return encoding + ranking;
}

/** Runs in the page before its scripts: what the browser itself tells of paints, long tasks and shifts. */
function watch() {
  const watched = { paint: 0, busy: [], shift: 0 };
  globalThis.watched = watched;
  const observe = (type, each) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  observe('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') watched.paint = startTime;
  });
  observe('longtask', ({ startTime, duration }) => watched.busy.push({ start: startTime, duration }));
  observe('layout-shift', ({ value, hadRecentInput }) => {
    if (!hadRecentInput) watched.shift += value;
  });
}

function report(visits, folder) {
  const rows = Object.keys(visits[0]).map((name) => {
    const found = visits.map((figures) => figures[name]);
    const shown = (value) => (name === 'layout shift' ? value.toFixed(3) : `${value.toFixed(0)} ms`);
    const goal = GOALS[name] === undefined ? '' : `≤ ${shown(GOALS[name])}`;
    return [name, shown(median(found)), `${shown(Math.min(...found))} – ${shown(Math.max(...found))}`, goal];
  });
  console.log(table(['', 'median', 'range', 'goal'], rows));
  const assets = join(folder, 'assets');
  for (const file of readdirSync(assets).filter((name) => name.endsWith('.js')))
    console.log(`${file}: ${(gzipSync(readFileSync(join(assets, file))).length / 1000).toFixed(1)} kB gzip`);
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}
