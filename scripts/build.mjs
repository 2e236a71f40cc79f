// Bundles the package in the current folder into dist/ (declarations come from types.mjs). Its entries are the exports
// with a `default` in package.json, its commands, and every src/*-worker.ts. `dependencies` and `peerDependencies` stay
// imports; `devDependencies` that the code imports are taken in, with their licences.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { leanWgsl } from './lib/lean-wgsl.mjs';
import { minifiedThirdParty } from './lib/minified.mjs';
import { entriesOf } from './lib/packages.mjs';
import { pageScript } from './lib/page-script.mjs';
import { thirdPartyLicenses } from './lib/third-party.mjs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const { bin = {}, dependencies = {}, peerDependencies = {} } = manifest;
const commands = Object.values(bin).map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'));
const workers = readdirSync('src')
  .filter((name) => name.endsWith('-worker.ts'))
  .map((name) => `src/${name}`);

if (existsSync('dist')) {
  for (const name of readdirSync('dist')) if (name !== 'types') rmSync(`dist/${name}`, { recursive: true });
}
const options = {
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2022',
  // What was written before Node's modules had names of their own.
  alias: Object.fromEntries(builtinModules.filter((name) => !/^_|\//.test(name)).map((name) => [name, `node:${name}`])),
  external: ['node:*', ...Object.keys({ ...dependencies, ...peerDependencies })],
  plugins: [leanWgsl, minifiedThirdParty, pageScript],
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
};
// Built apart, so that a page never loads a chunk that it shares with a command.
const builds = [[...entriesOf(manifest), ...workers], commands].filter((entryPoints) => entryPoints.length > 0);
const results = await Promise.all(builds.map((entryPoints) => build({ ...options, entryPoints })));
for (const { path, text } of results.flatMap(({ outputFiles }) => outputFiles)) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, withRequire(text));
}
const licenses = thirdPartyLicenses(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
if (licenses) writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licenses);

/** Makes the `require` with which CommonJS that was taken in asks for Node's modules. */
function withRequire(text) {
  if (!/^var __require = /m.test(text)) return text;
  return `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n${text}`;
}
