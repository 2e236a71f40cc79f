import type { CirDataset } from './types.ts';

/**
 * The data set without some images: they leave the galleries, and so do the triplets whose reference, target or
 * look-alike they are. Results on it are not comparable with published ones, as `incomplete` says.
 */
export function withoutImages(dataset: CirDataset, ids: Iterable<string>): CirDataset {
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
  const { images, triplets } = dataset.incomplete ?? { images: 0, triplets: 0 };
  return {
    ...rest,
    incomplete: {
      images: images + before.images - after.images,
      triplets: triplets + before.triplets - after.triplets,
    },
  };
}

/** Images, each once, and triplets of all splits. */
function sizeOf({ splits, gallery, triplets }: CirDataset): { images: number; triplets: number } {
  return {
    images: new Set(splits.flatMap((split) => gallery(split))).size,
    triplets: splits.reduce((sum, split) => sum + triplets(split).length, 0),
  };
}
