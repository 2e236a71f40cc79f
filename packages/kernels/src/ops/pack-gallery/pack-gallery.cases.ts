import { normal, type OpCase, values } from '../../engine/case.ts';
import { packGalleryReference } from './pack-gallery.reference.ts';
import { type GalleryStorage, packGallery } from './pack-gallery.ts';

const packCase = (rows: number, dim: number, storage: GalleryStorage, data?: readonly number[]): OpCase => ({
  name: `${data ? 'edges of rounding' : `[${rows}, ${dim}]`} ${storage}`,
  inputs: [
    values(
      [rows, dim],
      () =>
        Float32Array.from({ length: rows * dim }, (_, i) =>
          data ? data[i % data.length] : (storage === 'i8' ? 140 : 1 / 7) * Math.sin(i * i),
        ),
      false,
    ),
  ],
  op: (x) => packGallery(x, storage),
  reference: (x) => packGalleryReference(x, storage),
  tolerance: 1e-11, // to the bit, also of the lower half of a word
});

/** Ties in both directions, a carry into the exponent, zeros, and both ends of the range; ties between whole numbers. */
const edges = [
  0,
  -0,
  1,
  -1,
  1 + 2 ** -11,
  1 + 3 * 2 ** -11,
  1 + 2 ** -11 + 2 ** -23,
  -(1 + 2 ** -11 - 2 ** -23),
  2 - 2 ** -12,
  2 - 2 ** -11,
  2 ** -14,
  2 ** -14 - 2 ** -25,
  2 ** -14 - 2 ** -26,
  -(2 ** -15),
  1e-30,
  65504,
  65519,
  65520,
  -1e9,
  3e38,
  0.5,
  1.5,
  -2.5,
  126.5,
];

export const cases = (['f32', 'f16', 'i8'] as const).flatMap((storage) => [
  packCase(1, 4, storage),
  packCase(64, 8, storage),
  packCase(131, 12, storage),
  packCase(20, edges.length, storage, edges),
]);

export const benchmarks = [
  { ...packCase(1, 4, 'f16'), name: '[16384, 640] f16', inputs: [normal([16384, 640])] },
  { ...packCase(1, 4, 'f32'), name: '[16384, 640] f32', inputs: [normal([16384, 640])] },
];
