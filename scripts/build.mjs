// Bundles the package in the current folder with esbuild: every `src/<entry>.ts` named here becomes `dist/<entry>.js`,
// ES modules, dependencies left as imports.
import { existsSync } from 'node:fs';
import { build } from 'esbuild';

const entryPoints = ['index', 'node', 'cli', 'cases', 'image-worker']
  .map((name) => `src/${name}.ts`)
  .filter(existsSync);

await build({
  entryPoints,
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
