import { opaque, type Pixels } from './pixels.ts';

/**
 * The colours that a thing may have, each with red, green and blue of shades that Fluent Emoji paints it in. Its black
 * is a dark violet, its white a light one, and the lower half of its yellow is nearly orange.
 */
const shades = {
  red: [0xe0233c, 0xc42340, 0xf04a3e, 0xa81e3a],
  orange: [0xff8a30, 0xf57a2e, 0xff9c50, 0xe0601c],
  yellow: [0xffc83a, 0xffd85c, 0xffb52e, 0xfff0a0, 0xf4a62a],
  green: [0x44c070, 0x8cd44a, 0x2a8a50, 0xb8e07a, 0x4a6a3a, 0x9ab040, 0x30a89a],
  blue: [0x3a8cf0, 0x5ac0ff, 0x2a50c8, 0xa0dcff, 0x1f3fa0, 0x3ab8e0],
  purple: [0x7a4ad8, 0x9a70f0, 0x5a34a8, 0xb8a0f4, 0x8a3ab0],
  pink: [0xff5ab0, 0xf43a90, 0xffa0c0, 0xffc0d0, 0xe860a0, 0xf06a90],
  brown: [0x7a4a3e, 0x5a3c38, 0xa06a4e, 0x925a44, 0xc89060, 0xe0b080, 0xb87a50],
  black: [0x28222e, 0x3a3044, 0x4a3e58],
  grey: [0x8c8894, 0xa8a2b0, 0x706a78, 0xbcb6c4],
  white: [0xf4f0f8, 0xe4dcee, 0xfffcf4, 0xd8d0e4],
} as const;

export type Colour = keyof typeof shades;
export const colours = Object.keys(shades) as Colour[];

/** Colours that one thing shades into: what is next to its main colour is no second one. */
const neighbours: Readonly<Record<Colour, readonly Colour[]>> = {
  red: ['pink', 'orange'],
  orange: ['yellow', 'brown', 'red'],
  yellow: ['orange'],
  green: [],
  blue: ['purple'],
  purple: ['blue'],
  pink: ['red', 'purple'],
  brown: ['orange', 'black'],
  black: ['purple', 'brown', 'grey'],
  grey: ['white', 'black'],
  white: ['grey'],
};

/** A thing is of a colour that covers this share of it, or with its neighbours the larger one. */
const [mainShare, shadedShare] = [0.42, 0.78];

/** The one colour of a thing; undefined where it has several, or none that is clear. */
export function colourOf(pixels: Pixels): Colour | undefined {
  const starts = opaque(pixels);
  const counts = new Map<Colour, number>(colours.map((colour) => [colour, 0]));
  for (const at of starts) {
    const colour = nearest(pixels.subarray(at, at + 3));
    counts.set(colour, counts.get(colour)! + 1);
  }
  const main = colours.reduce((best, colour) => (counts.get(colour)! > counts.get(best)! ? colour : best));
  const share = (names: readonly Colour[]) => names.reduce((sum, name) => sum + counts.get(name)!, 0) / starts.length;
  return share([main]) >= mainShare && share([main, ...neighbours[main]]) >= shadedShare ? main : undefined;
}

const palette = colours.flatMap((colour) =>
  shades[colour].map((rgb) => ({ colour, lab: toLab([rgb >> 16, (rgb >> 8) & 255, rgb & 255]) })),
);

function nearest(rgb: ArrayLike<number>): Colour {
  const lab = toLab(rgb);
  const distance = (other: readonly number[]) => other.reduce((sum, v, i) => sum + (v - lab[i]) ** 2, 0);
  return palette.reduce((best, shade) => (distance(shade.lab) < distance(best.lab) ? shade : best)).colour;
}

/** Björn Ottosson's Oklab, in which equal distances look equal (https://bottosson.github.io/posts/oklab). */
function toLab(rgb: ArrayLike<number>): readonly [number, number, number] {
  const [r, g, b] = Array.from(rgb, (v) => (v > 10 ? ((v / 255 + 0.055) / 1.055) ** 2.4 : v / 255 / 12.92));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
