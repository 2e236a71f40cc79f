// The blocks of code of docs/embed.md, and a folder in which they are followed.
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expectSuccess, lend } from '../../../scripts/lib/packed.mjs';
import { root } from '../../../scripts/lib/run.mjs';

/** Packages of others that the guide names: the workspace has them. */
const lent = { vite: '.', three: 'apps/examples', typegpu: 'apps/examples', 'onnxruntime-web': 'apps/examples' };

/** @returns {{ language: string, code: string, heading: string }[]} in the guide's order */
export function guideBlocks() {
  const guide = readFileSync(join(root, 'docs/embed.md'), 'utf8');
  return [...guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language, 2: code, index }) => ({
    language,
    code,
    heading: /.*^## (.*?)$/ms.exec(guide.slice(0, index))[1],
  }));
}

/** The name of the file that a block is, where its first line says it. */
export const fileOf = ({ code }) => /^(?:\/\/|<!--) (\w+\.\w+)/.exec(code)?.[1];

/**
 * Runs the lines of a block in a folder: with tarballs in the place of what is in no registry yet, and without network.
 * @param {ReadonlyMap<string, string>} tarballs by package name
 */
export async function runShell({ code }, folder, tarballs, env) {
  for (const line of code.trim().split('\n')) {
    const [command, ...words] = line.split(/\s+/);
    if (command === 'npm' && words[0] === 'install') await install(words.slice(1), folder, tarballs);
    else await expectSuccess(command, words, folder, env);
  }
}

async function install(names, folder, tarballs) {
  const unknown = names.filter((name) => !tarballs.has(name) && !(name in lent));
  if (unknown.length > 0) throw new Error(`npm install ${unknown.join(' ')}: neither ours nor in the workspace`);
  await expectSuccess('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs.values()], folder);
  for (const name of names) if (name in lent) lendWithCommand(folder, name);
}

/** Lends a package with the command of its name. */
function lendWithCommand(folder, name) {
  lend(folder, name, lent[name]);
  const bin = join(folder, 'node_modules/.bin', name);
  mkdirSync(dirname(bin), { recursive: true });
  symlinkSync(join(folder, 'node_modules', name, 'bin', `${name}.js`), bin);
}

/** Puts what the later parts of the guide embed into beside it. */
export function lendHosts(folder) {
  for (const name of ['three', 'typegpu', 'onnxruntime-web', '@babylonjs/core']) lend(folder, name, 'apps/examples');
}
