// Licences of the packages whose code a build took in.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * One text with name, version and licence of every package that the build's inputs come from; empty if there is none.
 * @param {string[]} inputs paths of files, as in esbuild's metafile
 * @throws naming a package that carries no licence text
 */
export function thirdPartyLicenses(inputs) {
  const folders = new Set(inputs.filter((path) => path.includes('node_modules/')).map(packageFolder));
  const texts = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    if (files.length === 0)
      throw new Error(`${name} ${version} (${license}) has no licence file to pass on: ${folder}`);
    const licences = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return `${name} ${version} (${license})\n\n${licences.join('\n\n')}\n`;
  });
  return [...new Set(texts)].sort().join(`\n${'-'.repeat(80)}\n\n`);
}

function packageFolder(path) {
  let folder = dirname(path);
  // A package.json without a name only says what kind of modules lie beside it.
  while (!existsSync(join(folder, 'package.json')) || !named(folder)) folder = dirname(folder);
  return folder;
}

const named = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name !== undefined;
