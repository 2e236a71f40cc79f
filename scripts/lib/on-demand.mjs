// Workspaces of their own, whose large packages come when they are first asked for.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './run.mjs';

/**
 * Installs what a folder's lockfile names, unless it is there.
 * @param {string} folder from the root
 * @param {string} what it is, and how large
 * @param {(line: string) => void} say gets one line before something is installed
 * @throws Error that says why it cannot be had
 */
export async function ensureInstalled(folder, what, say = console.error) {
  const cwd = join(root, folder);
  const wanted = readFileSync(join(cwd, 'pnpm-lock.yaml'), 'utf8');
  const installed = join(cwd, 'node_modules/installed-lockfile.yaml');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  say(`Installing ${what} into ${folder}`);
  const args = ['--yes', packageManager, 'install', '--frozen-lockfile', '--ignore-scripts', '--prefer-offline'];
  const { code, output } = await run('npx', args, { cwd, timeoutMs: 10 * 60_000 });
  if (code !== 0) throw new Error(`${what} could not be installed: ${output.trim().split('\n').slice(-3).join(' ')}`);
  writeFileSync(installed, wanted);
}

/** What the examples are built with: the libraries that share a device with a search. */
export const ensureExamples = (say = console.log) =>
  ensureInstalled('apps/examples', 'what the examples embed webcir in (npm packages, 260 MB)', say);
