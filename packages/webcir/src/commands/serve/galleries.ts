import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Device } from '@webcir/kernels';
import type { Store } from '@webcir/retrieval';
import { openStore } from '../store/open-store.ts';
import { isFolder, nameOfPlaces } from '../store/place.ts';

/** A gallery and where its images are. */
export interface Place {
  readonly name: string;
  readonly place: string;
}

/** Of `photos=/data/photos`, or of a folder alone, whose last part is then the name. @throws Error for another place alone */
export function placeOf(text: string): Place {
  const [, name, place] = /^([A-Za-z0-9][A-Za-z0-9_-]*)=(.+)$/.exec(text) ?? [];
  if (place !== undefined) return { name, place };
  if (isFolder(text)) return { name: basename(text), place: text };
  throw new Error(`${nameOfPlaces(text)}: name the gallery: --store NAME=PLACE`);
}

/**
 * Opens the stores of some galleries, by their names.
 * @throws Error for a store that is not there, two of one name, and what `openStore` throws; those that were opened
 *   are closed then
 */
export async function openGalleries(
  places: readonly Place[],
  options: { readonly device: () => Promise<Device>; readonly readOnly: boolean },
): Promise<Map<string, { readonly store: Store; readonly readOnly: boolean }>> {
  const galleries = new Map<string, { readonly store: Store; readonly readOnly: boolean }>();
  try {
    for (const { name, place } of places) {
      const shown = nameOfPlaces(place);
      if (galleries.has(name)) throw new Error(`two stores are named ${name}: name one with --store NAME=${shown}`);
      if (isFolder(place) && !existsSync(place))
        throw new Error(`${place}: there is no store: webcir index PICTURES --into ${place}`);
      galleries.set(name, { store: await openStore(place, options), readOnly: options.readOnly });
    }
    return galleries;
  } catch (error) {
    for (const { store } of galleries.values()) await store.close();
    throw error;
  }
}
