// Prints the tables of docs/scale.md: what large galleries cost, calculated from what was measured on two cores.
import * as costs from './lib/costs.mjs';
import { number, table, time } from './lib/markdown.mjs';

const image = costs.imageFlops(costs.readShapes().RN50x4);

const DIM = 640;
const SIZES = { '10 million': 1e7, '100 million': 1e8, '1 billion': 1e9 };
/** TFLOP/s of these two cores, and of a GPU that is put to good use. */
const RATES = [0.03, 50];

/** What was measured on galleries of 640 values an image, in bytes and seconds for an image; docs/scale.md says how. */
const measured = {
  flatDisk: 1315, // pnpm bench --goals 'Flat store', 1,000,000 images
  first: { halves: 8.0e-6, bytes: 15.2e-6 },
  query: { halves: 128e-9, bytes: 75e-9 },
  rowDisk: 1370, // webcir store import, 100,000 images
  imported: 1 / 8065,
  indexDisk: 1648, // pnpm postgres-bench, 4 x 20,000 images
};
/** Seconds in which a search should have an answer. */
const SOON = 0.1;

/** Bytes in the unit that suits them. */
const size = (bytes) => (bytes < 1e12 ? `${number(bytes / 1e9)} GB` : `${number(bytes / 1e12)} TB`);
const sizes = Object.values(SIZES);
const row = (name, of) => [name, ...sizes.map(of)];
const head = ['', ...Object.keys(SIZES)];

const parts = [
  table(head, [
    ...RATES.map((rate) => row(`encoding with RN50x4, at ${rate} TFLOP/s`, (n) => time((n * image) / (rate * 1e12)))),
  ]),
  table(head, [
    row('on disk', (n) => size(n * measured.flatDisk)),
    row('in the memory of devices, halves', (n) => size(n * 2 * DIM)),
    row('in the memory of devices, bytes', (n) => size(n * DIM)),
    row('the first search, halves', (n) => time(n * measured.first.halves)),
    row('the first search, bytes', (n) => time(n * measured.first.bytes)),
    row('an exact query on two cores, halves', (n) => time(n * measured.query.halves)),
    row('an exact query on two cores, bytes', (n) => time(n * measured.query.bytes)),
    row(`pairs of cores for one in ${SOON} s, bytes`, (n) => number(Math.ceil((n * measured.query.bytes) / SOON))),
  ]),
  table(head, [
    row('rows on disk', (n) => size(n * measured.rowDisk)),
    row('HNSW index on disk', (n) => size(n * measured.indexDisk)),
    row('HNSW index in memory, 1.3 · N · (bytes + 8)', (n) => size(1.3 * n * (2 * DIM + 8))),
    row('import into one server', (n) => time(n * measured.imported)),
    row('servers of 64 GB for the index', (n) => number(Math.ceil((1.3 * n * (2 * DIM + 8)) / 64e9))),
  ]),
];
console.log(parts.join('\n\n'));
