// Run as `node bare-import.mjs [MODULE]`: imports the module, and prints as JSON what that took and what it left
// behind.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import workers from 'node:worker_threads';

const [module] = process.argv.slice(2);
const read = new Set();
const started = [];
// Node's loader reads modules with some of these, too.
for (const [owner, names] of [
  [fs, ['open', 'openSync', 'readFile', 'readFileSync', 'createReadStream', 'readdir', 'readdirSync']],
  [fs.promises, ['open', 'readFile', 'readdir']],
]) {
  for (const name of names) {
    const original = owner[name];
    owner[name] = (path, ...rest) => {
      read.add(`${path}`);
      return original.call(owner, path, ...rest);
    };
  }
}
workers.Worker = class extends workers.Worker {
  constructor(script, options) {
    started.push(`${script}`);
    super(script, options);
  }
};
syncBuiltinESMExports();

const globals = Reflect.ownKeys(globalThis).map(String);
const addons = sharedObjects();
const resources = process.getActiveResourcesInfo();
globalThis.gc();
const before = { ...process.cpuUsage(), heap: process.memoryUsage().heapUsed };
if (module) await import(module);
const { user, system } = process.cpuUsage(before);
await sleep(10);
globalThis.gc();
console.log(
  JSON.stringify({
    milliseconds: (user + system) / 1000,
    megabytes: (process.memoryUsage().heapUsed - before.heap) / 1e6,
    globals: Reflect.ownKeys(globalThis)
      .map(String)
      .filter((name) => !globals.includes(name)),
    addons: sharedObjects().filter((path) => !addons.includes(path)),
    resources: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && !resources.includes(name)),
    read: [...read].filter((path) => !/(\.m?js|package\.json)$/.test(path)),
    started,
  }),
);

/** Native code that was loaded: Dawn and libvips would be. */
function sharedObjects() {
  process.report.excludeNetwork = true;
  return process.report.getReport().sharedObjects;
}
