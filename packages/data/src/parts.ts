import type { CirDataset, Triplet } from './types.ts';

/** The queries of one split and category, and what they are ranked against. */
export interface Part {
  readonly split: string;
  readonly category: string;
  /** Images of the gallery, each once. */
  readonly gallery: readonly string[];
  readonly triplets: readonly Triplet[];
  /** File and entry or line of a triplet, by its index. */
  readonly placeOf?: (index: number) => string;
}

type Access = Pick<CirDataset, 'categories' | 'splits' | 'triplets' | 'gallery' | 'place'>;

/** A data set's queries and galleries, from its parts, which come in the order of the splits and categories. */
export function accessTo(name: string, parts: readonly Part[]): Access {
  const splits = [...new Set(parts.map((part) => part.split))];
  const categories = [...new Set(parts.map((part) => part.category))];
  const select = (split: string, category: string | undefined) => {
    if (!splits.includes(split)) throw new Error(`${name} has no split "${split}", only ${splits.join(', ')}`);
    if (category !== undefined && !categories.includes(category)) {
      throw new Error(`${name} has no category "${category}", only ${categories.join(', ')}`);
    }
    return parts.filter((part) => part.split === split && (category === undefined || part.category === category));
  };
  return {
    splits,
    categories,
    place(split, id) {
      for (const { triplets, placeOf } of select(split, undefined)) {
        const index = triplets.findIndex((triplet) => triplet.id === id);
        if (index >= 0) return placeOf?.(index);
      }
      return undefined;
    },
    triplets: (split, category) => select(split, category).flatMap((part) => part.triplets),
    gallery(split, category) {
      const selected = select(split, category).map((part) => part.gallery);
      // An image may be in several categories.
      return selected.length === 1 ? selected[0] : [...new Set(selected.flat())];
    },
  };
}
