// Before a package is packed. Only pnpm packs: npm would leave `workspace:*` and sources that are not in the tarball in its
// package.json, where pnpm writes versions and asks .pnpmfile.mjs.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const packer = process.env.npm_config_user_agent ?? '';
if (!packer.startsWith('pnpm/')) {
  console.error('Pack with pnpm: npm leaves "workspace:*" in package.json, which nobody can install. npx pnpm pack');
  process.exitCode = 1;
} else if (!existsSync('dist/types')) {
  console.error('Not built yet: run "pnpm build" in the root first');
  process.exitCode = 1;
} else {
  dropStrays();
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
