import type { CirDataset } from './types.ts';

/**
 * The data set without some pictures: they leave the galleries, and so do the triplets whose reference, target or look-alike
 * they are. Results on it are not comparable with published ones, as `incomplete` says.
 */
export function withoutPictures(dataset: CirDataset, ids: Iterable<string>): CirDataset {
  const gone = new Set(ids);
  const stays = (id: string) => !gone.has(id);
  const rest: CirDataset = {
    ...dataset,
    gallery: (split, category) => dataset.gallery(split, category).filter(stays),
    triplets: (split, category) =>
      dataset
        .triplets(split, category)
        .filter(({ reference, target, group = [] }) => [reference, target ?? reference, ...group].every(stays))
        .map((triplet) => ({ ...triplet, ...(triplet.targets && { targets: triplet.targets.filter(stays) }) })),
  };
  const before = sizeOf(dataset);
  const after = sizeOf(rest);
  const { pictures, triplets } = dataset.incomplete ?? { pictures: 0, triplets: 0 };
  return {
    ...rest,
    incomplete: {
      pictures: pictures + before.pictures - after.pictures,
      triplets: triplets + before.triplets - after.triplets,
    },
  };
}

/** Pictures, each once, and triplets of all splits. */
function sizeOf({ splits, gallery, triplets }: CirDataset): { pictures: number; triplets: number } {
  return {
    pictures: new Set(splits.flatMap((split) => gallery(split))).size,
    triplets: splits.reduce((sum, split) => sum + triplets(split).length, 0),
  };
}
