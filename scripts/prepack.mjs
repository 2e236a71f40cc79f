// Makes a package ready to be packed, by pnpm or npm: strays go, and npm, which knows neither `workspace:*` nor
// .pnpmfile.mjs, finds the package.json of the tarball in its place until scripts/postpack.mjs puts the workspace's
// back.
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { keptManifest, published, withVersions } from './lib/published.mjs';

if (!existsSync('dist/types')) {
  console.error('Not built yet: run "pnpm build" in the root first');
  process.exitCode = 1;
} else {
  dropStrays();
  // Not by npm_config_user_agent, which an npm below `pnpm test` inherits.
  if (basename(process.env.npm_execpath ?? '').startsWith('npm')) {
    if (!existsSync('LICENSE')) copyFileSync('../../LICENSE', 'LICENSE'); // as pnpm does
    const text = readFileSync('package.json', 'utf8');
    writeFileSync(keptManifest, text);
    const manifest = withVersions(published(JSON.parse(text)), '..');
    writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

/** Deletes what no entry leads to: turbo's cache puts files back beside those of another build, and deletes none. */
function dropStrays() {
  const { exports = {}, bin = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
  const targets = Object.values(exports).flatMap((target) => (typeof target === 'string' ? [] : Object.values(target)));
  const workers = readdirSync('dist').filter((name) => name.endsWith('-worker.js'));
  const reached = new Set(
    [...targets, ...Object.values(bin), ...workers.map((name) => `dist/${name}`)]
      .map((path) => join(path))
      .filter((path) => path.startsWith('dist')),
  );
  for (const path of reached) {
    for (const [, specifier] of readFileSync(path, 'utf8').matchAll(
      /\b(?:from|import)\s*\(?\s*["'](\.[^"']+\.js)["']/g,
    )) {
      const target = join(dirname(path), specifier);
      const declaration = target.replace(/\.js$/, '.d.ts');
      if (path.endsWith('.d.ts')) reached.add(declaration);
      else if (existsSync(target)) reached.add(target);
    }
  }
  for (const name of readdirSync('dist', { recursive: true })) {
    const path = join('dist', name);
    if (/\.(js|d\.ts)$/.test(name) && !reached.has(path)) rmSync(path);
  }
}
