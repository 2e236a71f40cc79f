import type { CirDataset } from './types.ts';

/**
 * Images and triplets by split and category, counted in the published annotation files; CIRR's training split as its
 * paper says.
 */
const published: Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>>
> = {
  fashioniq: {
    train: { dress: [11_452, 5_985], shirt: [19_036, 5_988], toptee: [16_121, 6_027] },
    val: { dress: [3_817, 2_017], shirt: [6_346, 2_038], toptee: [5_373, 1_961] },
    test: { dress: [3_818, 2_024], shirt: [6_346, 2_038], toptee: [5_374, 2_056] },
  },
  cirr: {
    train: { all: [16_939, 28_225] },
    val: { all: [2_297, 4_181] },
    test1: { all: [2_315, 4_148] },
  },
  circo: {
    val: { all: [123_403, 220] },
    test: { all: [123_403, 800] },
  },
};

/** Differences between a data set's counts and the published ones, a sentence each. */
export function unpublishedCounts({ name, splits, categories, gallery, triplets }: CirDataset): string[] {
  const expected = published[name] ?? {};
  return splits.flatMap((split) =>
    categories.flatMap((category) => {
      const counts = expected[split]?.[category];
      const found = [gallery(split, category).length, triplets(split, category).length];
      if (!counts || counts.join() === found.join()) return [];
      const say = ([images, triplets]: readonly number[]) =>
        `${images.toLocaleString('en')} images and ${triplets.toLocaleString('en')} triplets`;
      return [`${name}, ${split}, ${category}: ${say(found)}, where ${say(counts)} were published`];
    }),
  );
}
