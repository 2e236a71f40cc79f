// Builds the package in the current folder into dist/: ES modules with dependencies left as imports (esbuild), and
// declarations for its public entries. What is an entry, package.json says: an export with a `default`, a command, and
// every src/*-worker.ts.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { writeDeclarations } from './lib/declarations.mjs';

const { exports = {}, bin = {}, private: unpublished } = JSON.parse(readFileSync('package.json', 'utf8'));
const entries = Object.values(exports)
  .filter((conditions) => conditions.default && conditions['webcir-source'])
  .map((conditions) => conditions['webcir-source'])
  .map((path) => path.replace('./', ''));
const commands = Object.values(bin).map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'));
const workers = readdirSync('src')
  .filter((name) => name.endsWith('-worker.ts'))
  .map((name) => `src/${name}`);

rmSync('dist', { recursive: true, force: true });
const bundles = build({
  entryPoints: [...entries, ...commands, ...workers],
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  packages: 'external',
  external: ['node:*'],
  loader: { '.wgsl': 'text' },
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: true,
  logLevel: 'warning',
});
if (!unpublished) writeDeclarations(process.cwd(), entries);
await bundles;
