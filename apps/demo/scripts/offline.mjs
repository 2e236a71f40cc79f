// What makes the page work without a network after its first load: a plugin of vite that writes a service worker with the
// list of all files and their checksums in it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** @type {import('vite').Plugin} */
export const offline = {
  name: 'offline',
  apply: 'build',
  generateBundle(_, bundle) {
    const files = new Map();
    for (const { fileName, code, source } of Object.values(bundle)) files.set(fileName, checksum(code ?? source));
    const folder = join(import.meta.dirname, '../public');
    for (const file of filesOf(folder))
      files.set(relative(folder, file).split(sep).join('/'), checksum(readFileSync(file)));
    const worker = readFileSync(join(import.meta.dirname, '../src/offline-worker.js'), 'utf8');
    const source = worker.replace('__FILES__', JSON.stringify(Object.fromEntries([...files].sort())));
    this.emitFile({ type: 'asset', fileName: 'offline.js', source });
  },
};

const checksum = (content) => createHash('sha256').update(content).digest('hex').slice(0, 16);

const filesOf = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path) : [path];
  });
