// Importing a package does no work: no device, no threads, no files, no globals, and little time and memory.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { publicPackages } from '../lib/packages.mjs';
import { root, run } from '../lib/run.mjs';

const ROUNDS = 3;
// The largest entries take half of this on two slow cores; a device, an image library or a data set takes more.
const MAX_MILLISECONDS = 150;
const MAX_MEGABYTES = 6;

// Globals that all copies of zod in a process share.
const ZOD = ['__zod_globalConfig', '__zod_globalRegistry'];

const script = join(root, 'scripts/lib/bare-import.mjs');
const entries = publicPackages().flatMap(({ folder, manifest: { name, exports } }) =>
  Object.entries(exports)
    .filter(([, conditions]) => conditions.default)
    .map(([path, conditions]) => [name + path.slice(1), pathToFileURL(join(folder, conditions.default)).href]),
);

async function importOf(...modules) {
  const { code, stdout, output } = await run(process.execPath, ['--expose-gc', script, ...modules]);
  if (code !== 0) throw new Error(output);
  return JSON.parse(stdout.toString());
}

it.each(entries)('%s', async (_, module) => {
  const found = [];
  for (let round = 0; round < ROUNDS; round++) found.push(await importOf(module));
  const min = (key) => Math.min(...found.map((each) => each[key]));
  const nothing = { globals: [], addons: [], resources: [], read: [], started: [] };
  const globals = found[0].globals.filter((name) => !ZOD.includes(name));
  expect({ ...found[0], globals }).toMatchObject(nothing);
  expect(min('megabytes')).toBeLessThan(MAX_MEGABYTES);
  expect(min('milliseconds')).toBeLessThan(MAX_MILLISECONDS);
});

it('would notice work that a module does when it is imported', async () => {
  const source = (code) => `data:text/javascript,${encodeURIComponent(code)}`;
  const work = source(`
    import { readFileSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    globalThis.leftover = [readFileSync('/dev/null'), new Array(2e6).fill(0.5)];
    new Worker('', { eval: true });
    for (const start = process.cpuUsage(); process.cpuUsage(start).user < 200_000; );
  `);
  const found = await importOf(work);
  expect(found).toMatchObject({ globals: ['leftover'], read: ['/dev/null'], started: [''] });
  expect(found.megabytes).toBeGreaterThan(MAX_MEGABYTES);
  expect(found.milliseconds).toBeGreaterThan(MAX_MILLISECONDS);
});
