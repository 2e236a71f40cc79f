// Writes the API pages of all public packages into docs/api.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apiPages } from './lib/api-pages.mjs';
import { root } from './lib/run.mjs';

const folder = join(root, 'docs/api');
const { pages, undocumented } = await apiPages();
rmSync(folder, { recursive: true, force: true });
for (const [file, text] of pages) {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}
console.log(`docs/api: ${pages.size} pages`);
for (const name of undocumented) console.error(`${name} has no docstring`);
if (undocumented.length > 0) process.exitCode = 1;
