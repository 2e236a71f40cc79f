import { Gallery } from './gallery.ts';
import type { Store } from './stores/store.ts';

/** Images whose features are there: what a query names by ids. */
export interface StoredImages {
  /** [embed] for each, not normalized; an error for an id that is not there. */
  featuresOf(ids: readonly string[]): Promise<readonly (Float32Array | RangeError)[]>;
}

/** The images of a gallery or a store, all that is asked for at once; without either there are none. */
export function storedImages(images: Gallery | Store | undefined): StoredImages {
  if (images instanceof Gallery) return { featuresOf: async (ids) => ids.map((id) => featureIn(images, id)) };
  return {
    async featuresOf(ids) {
      if (ids.length === 0) return [];
      if (!images)
        return ids.map((id) => new RangeError(`'${id}' is an id: give the gallery or the store that has it`));
      const stored = await images.get(ids);
      return stored.map((image, i) => image?.feature ?? new RangeError(`the store has no image '${ids[i]}'`));
    },
  };
}

const featureIn = (gallery: Gallery, id: string): Float32Array | RangeError =>
  gallery.rowOf(id) === undefined ? new RangeError(`the gallery has no image '${id}'`) : gallery.featureOf(id);
