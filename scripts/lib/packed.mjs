// The packages as strangers get them: packed, and installed into empty projects.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publicPackages } from './packages.mjs';
import { root, run } from './run.mjs';

/** Packs every public package into `folder`. Returns the tarballs by package name. */
export async function packAll(folder) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pnpm = ['--yes', '--prefer-offline', packageManager, '-r', '--filter', './packages/*'];
  await expectSuccess('npx', [...pnpm, 'pack', '--pack-destination', folder], root);
  return new Map(
    publicPackages().map(({ manifest: { name, version } }) => {
      const tarball = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
      if (!existsSync(tarball)) throw new Error(`${name} was not packed: ${tarball} is missing`);
      return [name, tarball];
    }),
  );
}

/**
 * Makes a project in `folder` with these tarballs in its node_modules. Needs no network: they depend on each other
 * only.
 */
export async function installInto(folder, tarballs) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n');
  await expectSuccess('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], folder);
}

/** Puts a package that the workspace has into a project, as if it were installed there. */
export function lend(folder, name, owner = '.') {
  const target = join(folder, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(root, owner, 'node_modules', name), target);
}

/** Runs a command in a project. Throws with its output where it fails. */
export async function expectSuccess(command, args, cwd, env) {
  const { code, output } = await run(command, args, { cwd, env });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed in ${cwd}:\n${output}`);
  return output;
}

/** What `du` says of a folder, in bytes: whole blocks. */
export function diskUsage(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? diskUsage(path) : entry.isSymbolicLink() ? 0 : statSync(path).blocks * 512);
  }, statSync(folder).blocks * 512);
}

/** Every public entry as it is imported: '@webcir/clip', '@webcir/clip/node', … */
export const publicImports = () =>
  publicPackages().flatMap(({ manifest: { name, exports } }) =>
    Object.entries(exports)
      .filter(([, conditions]) => conditions.default)
      .map(([path]) => name + path.slice(1)),
  );

/** The TypeScript examples of a package's README. */
export const examplesOf = (folder) =>
  [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
