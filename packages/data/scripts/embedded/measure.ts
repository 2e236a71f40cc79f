import { SIDE } from './source.ts';

/** Ink below this is background; white clothes go down to about 3. */
export const garment = 3;

/** Measures of an image's pixels; lengths in pixels, intensities in levels of 0 to 255. */
export interface Measures {
  /** Mean photo level of the torso: 0 is black. */
  tone: number;
  /** Mean absolute difference between vertical and between horizontal neighbours inside the torso. */
  vertical: number;
  horizontal: number;
  /** Mean of both kinds on the chest, and below the waist. */
  chest: number;
  lower: number;
  /** Standard deviation of the torso's row means: the contrast of horizontal stripes. */
  rowContrast: number;
  /** Outermost width, averaged over the belly rows. */
  bellyWidth: number;
  /** Narrowest run of garment around the middle of a row, from waist to knee. */
  waist: number;
  /** Mean of that run over the last rows. */
  hem: number;
  /** Width by which the shoulders or sleeves reach beyond the waist. */
  overhang: number;
  /** Garment pixels in a row at the very top, over the waist: thin straps leave little. */
  shoulders: number;
  /** Rows from the first to the last with garment in them. */
  height: number;
}

interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

const torso: Box = { top: 6, bottom: 22, left: 9, right: 18 };
const chestBox: Box = { top: 6, bottom: 17, left: 10, right: 17 };
const lowerBox: Box = { top: 22, bottom: 26, left: 10, right: 17 };

export function measure(ink: Uint8Array): Measures {
  const extents = range(0, SIDE - 1).map((y) => extent(ink, y));
  const runs = range(0, SIDE - 1).map((y) => middleRun(ink, y));
  const rows = extents.flatMap((w, y) => (w > 2 ? [y] : []));
  const inside = interior(ink, torso);
  const rowMeans = range(torso.top, torso.bottom).flatMap((y) => {
    const row = inside.filter((i) => Math.floor(i / SIDE) === y);
    return row.length ? [mean(row.map((i) => ink[i]))] : [];
  });
  const waist = Math.min(...runs.slice(9, 21));
  const shoulderPixels = mean(
    [1, 2, 3].map((y) => range(0, SIDE - 1).filter((x) => ink[y * SIDE + x] >= garment).length),
  );
  const waistExtent = Math.min(...extents.slice(10, 15));
  return {
    tone: 255 - mean(inside.map((i) => ink[i])),
    vertical: variation(ink, inside, SIDE),
    horizontal: variation(ink, inside, 1),
    chest: busyness(ink, chestBox),
    lower: busyness(ink, lowerBox),
    rowContrast: deviation(rowMeans),
    bellyWidth: mean(extents.slice(14, 23)),
    waist,
    hem: mean(runs.slice(24, 27)),
    overhang: Math.max(...extents.slice(2, 10)) - waistExtent,
    shoulders: shoulderPixels / Math.min(Math.max(waist, 5), 14),
    height: rows.length ? rows[rows.length - 1] - rows[0] + 1 : 0,
  };
}

/** The whole numbers from `first` to `last`, both included. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function mean(values: number[]): number {
  return values.reduce((a, b) => a + b, 0) / Math.max(values.length, 1);
}

function deviation(values: number[]): number {
  const m = mean(values);
  return Math.sqrt(mean(values.map((v) => (v - m) ** 2)));
}

/** Positions in a box whose neighbours, two to each side and one above and below, are garment as well. */
function interior(ink: Uint8Array, { top, bottom, left, right }: Box): number[] {
  const around = [0, -2, -1, 1, 2, -SIDE, SIDE];
  return range(top, bottom)
    .flatMap((y) => range(left, right).map((x) => y * SIDE + x))
    .filter((i) => around.every((step) => ink[i + step] >= garment));
}

/** Mean absolute difference between each of the pixels and the one `step` before it. */
function variation(ink: Uint8Array, pixels: number[], step: number): number {
  return mean(pixels.map((i) => Math.abs(ink[i] - ink[i - step])));
}

function busyness(ink: Uint8Array, box: Box): number {
  const inside = interior(ink, box);
  return (variation(ink, inside, SIDE) + variation(ink, inside, 1)) / 2;
}

/** Width between the outermost garment pixels of a row. */
function extent(ink: Uint8Array, y: number): number {
  const row = ink.subarray(y * SIDE, (y + 1) * SIDE);
  const first = row.findIndex((v) => v >= garment);
  return first < 0 ? 0 : row.findLastIndex((v) => v >= garment) - first + 1;
}

/**
 * Width of the unbroken run of garment pixels around the middle of a row: the body without the arms beside it.
 * A white spot of one row, as in a print, does not break it.
 */
function middleRun(ink: Uint8Array, y: number): number {
  const inside = (x: number) => {
    const i = y * SIDE + x;
    return ink[i] >= garment || (ink[i - SIDE] >= garment && (y === SIDE - 1 || ink[i + SIDE] >= garment));
  };
  let left = 14;
  let right = 13;
  while (left > 0 && inside(left - 1)) left--;
  while (right < SIDE - 1 && inside(right + 1)) right++;
  return right - left + 1;
}
