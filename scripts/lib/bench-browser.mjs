// `pnpm bench --browser`: the bench's page in Chromium, its table in the terminal.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { browserArguments, browserRemedy, ensureBrowser } from './browser.mjs';
import { root } from './run.mjs';

const PAGE = join(root, 'apps/bench/src/browser');
/** All cases in all variants take minutes on a driver that runs on the CPU. */
const PATIENCE = 60 * 60_000;

/**
 * Runs the ops named in `args` (all unless named; `--rounds N` as elsewhere) in the browser of the tests.
 * @returns {Promise<number>} the exit code
 */
export async function benchInBrowser(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { browser: { type: 'boolean' }, rounds: { type: 'string', default: '7' } },
  });
  const executablePath = await ensureBrowser();
  if (!executablePath) {
    console.error(`--browser: no browser found: ${browserRemedy}`);
    return 1;
  }
  const server = await serve();
  const browser = await chromium.launch({
    executablePath,
    args: [...browserArguments, '--disable-dawn-features=timestamp_quantization'],
  });
  try {
    const page = await browser.newPage();
    page.on('console', (message) => console.log(message.text()));
    page.on('crash', () => console.error('the page crashed'));
    const asked = new URLSearchParams([...positionals.map((name) => ['op', name]), ['rounds', values.rounds]]);
    await page.goto(`http://127.0.0.1:${server.address().port}/?${asked}`);
    await page.waitForFunction(() => document.title !== 'running', undefined, { timeout: PATIENCE });
    return (await page.title()) === 'done' ? 0 : 1;
  } finally {
    await browser.close();
    server.close();
  }
}

/** The page and its script, bundled from source; localhost is secure enough for a browser to offer WebGPU. */
async function serve() {
  const { outputFiles } = await build({
    entryPoints: [join(PAGE, 'page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['webcir-source'],
    loader: { '.wgsl': 'text' },
    logLevel: 'warning',
  });
  const html = readFileSync(join(PAGE, 'page.html'));
  const server = createServer((request, response) => {
    const isScript = request.url.startsWith('/page.js');
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? outputFiles[0].contents : html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
