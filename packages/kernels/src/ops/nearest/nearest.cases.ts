import { fixed, index, type NdArray, normal, type OpCase } from '../../engine/case.ts';
import { asStored } from '../pack-gallery/pack-gallery.reference.ts';
import { type GalleryStorage, PANEL_ROWS, packGallery, panelWords } from '../pack-gallery/pack-gallery.ts';
import { nearestReference } from './nearest.reference.ts';
import { nearest } from './nearest.ts';

interface NearestCase {
  readonly queries: number;
  readonly dim: number;
  /** Rows per shard. */
  readonly shards: readonly number[];
  readonly k: number;
  readonly storage?: GalleryStorage;
}

type Value = (random: number, i: number) => number;

/** Whole eighths, whose scores float32 sums exactly: many are equal, and the reference can tell which. */
const eighths: Value = (random) => Math.max(-8, Math.min(8, Math.round(4 * random))) / 8;

/** Bytes to the full, whose scores float32 sums exactly, too. */
const bytes: Value = (random) => Math.max(-127, Math.min(127, Math.round(40 * random)));

const rounded = ({ shape, data }: NdArray, storage: GalleryStorage): NdArray => ({
  shape,
  data: data.map((value) => asStored(value, storage)),
});

const nearestCase = (
  { queries, dim, shards, k, storage = 'f16' }: NearestCase,
  {
    name = `${k} of ${shards.join(' + ')} x ${dim} ${storage}, ${queries} queries`,
    query = eighths,
    row = storage === 'i8' ? bytes : query,
  }: { name?: string; query?: Value; row?: Value } = {},
): OpCase => {
  const rows = shards.reduce((sum, shard) => sum + shard, 0);
  return {
    name,
    inputs: [
      fixed([queries, dim], { map: query }),
      ...shards.map((shard, i) => fixed([shard, dim], { seed: i + 2, map: row })),
    ],
    op: (x, ...galleries) =>
      nearest(
        x,
        galleries.map((gallery) => packGallery(gallery, storage)),
        rows,
        k,
      ),
    reference: (x, ...galleries) => {
      const data = Float64Array.from(galleries.flatMap((gallery) => [...rounded(gallery, storage).data]));
      return nearestReference(x, { shape: [rows, dim], data }, k);
    },
    tolerance: 2e-6, // relative to the largest row index: rows must be exact
  };
};

export const cases = [
  ...(['f32', 'f16', 'i8'] as const).flatMap((storage) => [
    nearestCase({ queries: 1, dim: 4, shards: [1], k: 1, storage }),
    nearestCase({ queries: 1, dim: 36, shards: [1001], k: 10, storage }),
    nearestCase({ queries: 3, dim: 640, shards: [200], k: 20, storage }, { query: (random) => random }),
    nearestCase({ queries: 9, dim: 20, shards: [64], k: 64, storage }),
    nearestCase({ queries: 70, dim: 44, shards: [330], k: 5, storage }),
  ]),
  nearestCase({ queries: 1, dim: 8, shards: [128, 192, 37], k: 30 }),
  nearestCase({ queries: 18, dim: 8, shards: [128, 192, 37], k: 128 }),
  nearestCase({ queries: 2, dim: 4, shards: [40_000, 30_001], k: 100 }),
  nearestCase({ queries: 2, dim: 4, shards: [500], k: 70 }, { name: 'one score only', query: () => 0.5 }),
  nearestCase(
    { queries: 2, dim: 4, shards: [500], k: 3 },
    { name: 'scores of zero', query: (_, i) => (i % 2 ? -0.25 : 0.25), row: (_, i) => (i % 8 < 4 ? 1 : -1) },
  ),
  nearestCase(
    { queries: 5, dim: 4, shards: [70], k: 70 },
    { name: 'negative scores', query: () => 1, row: (random) => -1 - Math.abs(eighths(random, 0)) },
  ),
];

/**
 * A gallery as it lies on the device, of random bits: every byte, and every half, is a number there. A bit of each half's
 * exponent is set, since packGallery writes none below 2^-14, with which a CPU takes three times as long.
 */
const searchCase = (queries: number, rows: number, dim: number, k: number, storage: GalleryStorage): OpCase => ({
  name: `${k} of ${rows} x ${dim} ${storage}, ${queries} queries`,
  inputs: [
    normal([queries, dim]),
    index([Math.ceil(rows / PANEL_ROWS), dim, panelWords(storage)], 2 ** 32, 0x20002000),
  ],
  op: (x, gallery) => nearest(x, [gallery], rows, k),
  reference: () => [],
  flops: 2 * queries * rows * dim,
});

export const benchmarks = (['f16', 'i8'] as const).flatMap((storage) =>
  [1, 8, 32, 256].map((queries) => searchCase(queries, 100_000, 640, 10, storage)),
);
