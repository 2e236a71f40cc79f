// The packages of the workspace that are published.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** The public packages: `{ folder, manifest, entries }`, entries as paths of sources. */
export function publicPackages() {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = join(root, 'packages', name);
    if (!existsSync(join(folder, 'package.json'))) return [];
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return manifest.private
      ? []
      : [{ folder, manifest, entries: entriesOf(manifest).map((path) => join(folder, path)) }];
  });
}

/** The sources behind a package's exports; what has no `default` is not published. */
export const entriesOf = ({ exports = {} }) =>
  Object.values(exports)
    .filter((conditions) => conditions.default && conditions['webcir-source'])
    .map((conditions) => conditions['webcir-source'].replace('./', ''));
