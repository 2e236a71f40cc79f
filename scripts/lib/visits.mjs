// Visits to pages in Chromium, as tests make them: profiles, tabs, closing, going offline.
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { browserArguments, browserRemedy, findBrowser } from './browser.mjs';

/** @param {string[]} args further ones for the command line */
export function launchBrowser(args = []) {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error(`No browser found: ${browserRemedy}`);
  return chromium.launch({ executablePath, args: [...browserArguments, ...args] });
}

/**
 * One script from sources of the workspace.
 * @param {string} code a module
 * @param {string} folder the one that it imports from
 */
export async function scriptOf(code, folder) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: folder, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['webcir-source'],
    loader: { '.wgsl': 'text' },
    logLevel: 'warning',
  });
  return outputFiles[0].contents;
}
