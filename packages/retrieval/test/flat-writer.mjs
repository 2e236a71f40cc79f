// Writes a history into a store until it is killed: node flat-writer.mjs FOLDER FIRST
import { openFlatStore } from '../dist/node.js';
import { doWrite, model } from './flat-history.mjs';

const [folder, first] = process.argv.slice(2);
const device = () => Promise.reject(new Error('nothing is searched here'));
const store = await openFlatStore(folder, { device, model, storage: 'F32', journalBytes: 1500 });
process.stdout.write('open\n');
for (let n = Number(first); ; n++) {
  await doWrite(store, n);
  process.stdout.write(`${n + 1}\n`);
}
