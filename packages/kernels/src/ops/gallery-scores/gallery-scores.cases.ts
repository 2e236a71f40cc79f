import { fixed, index, type NdArray, normal, type OpCase } from '../../engine/case.ts';
import { asStored } from '../pack-gallery/pack-gallery.reference.ts';
import { type GalleryStorage, PANEL_ROWS, packGallery } from '../pack-gallery/pack-gallery.ts';
import { galleryScoresReference } from './gallery-scores.reference.ts';
import { galleryScores } from './gallery-scores.ts';

const scoresCase = (queries: number, dim: number, shards: readonly number[], storage: GalleryStorage): OpCase => {
  const rows = shards.reduce((sum, shard) => sum + shard, 0);
  const stored = ({ data }: NdArray) => data.map((value) => asStored(value, storage));
  return {
    name: `${shards.join(' + ')} x ${dim} ${storage}, ${queries} queries`,
    inputs: [fixed([queries, dim]), ...shards.map((shard, i) => fixed([shard, dim], { seed: i + 2 }))],
    op: (x, ...galleries) =>
      galleryScores(
        x,
        galleries.map((gallery) => packGallery(gallery, storage)),
        rows,
      ),
    reference: (x, ...galleries) => {
      const data = Float64Array.from(galleries.flatMap((gallery) => [...stored(gallery)]));
      return [galleryScoresReference(x, { shape: [rows, dim], data })];
    },
  };
};

export const cases = (['f32', 'f16', 'i8'] as const).flatMap((storage) => [
  scoresCase(1, 4, [1], storage),
  scoresCase(1, 36, [1001], storage),
  scoresCase(3, 20, [64], storage),
  scoresCase(2, 8, [128, 192, 37], storage),
]);

export const benchmarks: OpCase[] = [
  {
    name: '100000 x 640 f16, 1 query',
    inputs: [normal([1, 640]), index([Math.ceil(100_000 / PANEL_ROWS), 640, PANEL_ROWS / 2], 2 ** 32, 0x20002000)],
    op: (x, gallery) => galleryScores(x, [gallery], 100_000),
    reference: () => [],
    flops: 2 * 100_000 * 640,
  },
];
