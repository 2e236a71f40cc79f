// What a package.json of the workspace becomes in a tarball.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a package's own package.json waits while npm packs: beside it, in no tarball. */
export const keptManifest = 'package.workspace.json';

/** Leaves out what only this repository has: sources behind `webcir-source`, entries for tests alone, scripts. */
export function published({ scripts, devDependencies, ...manifest }) {
  const entries = Object.entries(manifest.exports ?? {}).flatMap(([path, target]) => {
    if (typeof target === 'string') return [[path, target]];
    const { 'webcir-source': source, ...conditions } = target;
    return conditions.default ? [[path, conditions]] : [];
  });
  return { ...manifest, exports: Object.fromEntries(entries) };
}

/** Versions in the place of `workspace:*`, as pnpm writes them. @param {string} packages the folder of all packages */
export function withVersions(manifest, packages) {
  const versionOf = (name) =>
    JSON.parse(readFileSync(join(packages, name.replace('@webcir/', ''), 'package.json'), 'utf8')).version;
  const resolved = (dependencies = {}) =>
    Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => [name, range === 'workspace:*' ? versionOf(name) : range]),
    );
  const { dependencies, peerDependencies, ...rest } = manifest;
  return {
    ...rest,
    ...(dependencies && { dependencies: resolved(dependencies) }),
    ...(peerDependencies && { peerDependencies: resolved(peerDependencies) }),
  };
}
