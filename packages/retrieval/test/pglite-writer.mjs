// Writes into a store in PGlite until it is killed: node pglite-writer.mjs FOLDER FIRST
import { openPglite } from '../dist/node.js';

const [folder, first] = process.argv.slice(2);
const store = await openPglite(folder, { model: { dim: 2, fingerprint: 'history' } });
for (let n = Number(first); ; n++) {
  await store.put({ ids: ['last', `image ${n}`], features: Float32Array.of(n, 1, n, 1), metadata: [{ n }, { n }] });
  process.stdout.write(`${n + 1}\n`);
}
