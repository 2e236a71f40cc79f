// How long a page takes to its first answer, and to those after it, in a Chromium that has never seen it.
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { browserArguments, browserRemedy, ensureBrowser } from '../lib/browser.mjs';
import { root } from '../lib/run.mjs';
import { figureTable, traceTable } from './report.mjs';
import { serve } from './serve.mjs';

const USAGE = `usage: pnpm page-speed [options]

Times a page that searches 256 images with the small CLIP and a Combiner, in the browser of the tests, each round in a
new profile, so that nothing is cached.

  --rounds N        5 unless given
  --against FOLDER  another checkout of webcir, built: measured in turn
  --profile         also shows what the page waited for until its first answer, in the last round`;

/** A round takes seconds on a GPU, and half a minute on a driver that runs on the CPU. */
const PATIENCE = 10 * 60_000;

try {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      against: { type: 'string' },
      profile: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number from 1 on, found '${values.rounds}'`);
  if (values.help) console.log(USAGE);
  else await measure([root, ...(values.against ? [values.against] : [])], rounds, values.profile);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

async function measure(checkouts, rounds, traced) {
  const executablePath = await ensureBrowser();
  if (!executablePath) throw new Error(`no browser found: ${browserRemedy}`);
  const server = await serve(checkouts, traced);
  const results = checkouts.map(() => []);
  try {
    for (let round = 0; round < rounds; round++)
      for (const [i, found] of results.entries())
        found.push(await visit(executablePath, `http://127.0.0.1:${server.address().port}/${i}/`));
  } finally {
    server.close();
  }
  console.log(figureTable(checkouts, results));
  if (traced) for (const found of results) console.log(`\n${traceTable(found.at(-1))}`);
}

/** What the page measured, in a browser of its own. */
async function visit(executablePath, address) {
  const browser = await chromium.launch({ executablePath, args: browserArguments });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(address);
    return await page.evaluate(async () => ({ ...(await globalThis.figures), trace: globalThis.trace ?? [] }));
  } finally {
    await browser.close();
  }
}
