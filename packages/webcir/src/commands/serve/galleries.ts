import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Device } from '@webcir/kernels';
import type { Store } from '@webcir/retrieval';
import { openFlatStore } from '@webcir/retrieval/node';
import { reportDropped } from '../store/index-images.ts';

/** A gallery and where its images are. */
export interface Place {
  readonly name: string;
  readonly place: string;
}

/** Of `photos=/data/photos`, or of a place alone, whose last part is then the name. */
export function placeOf(text: string): Place {
  const [, name, place] = /^([A-Za-z0-9][A-Za-z0-9_-]*)=(.+)$/.exec(text) ?? [];
  return place === undefined ? { name: basename(text), place: text } : { name, place };
}

/**
 * Opens the stores of some galleries, by their names.
 * @throws Error for a store that is not there, two of one name, and what `openFlatStore` throws; those that were opened
 *   are closed then
 */
export async function openGalleries(
  places: readonly Place[],
  options: { readonly device: () => Promise<Device>; readonly readOnly: boolean },
): Promise<Map<string, { readonly store: Store; readonly readOnly: boolean }>> {
  const galleries = new Map<string, { readonly store: Store; readonly readOnly: boolean }>();
  try {
    for (const { name, place } of places) {
      if (galleries.has(name)) throw new Error(`two stores are named ${name}: name one with --store NAME=${place}`);
      if (!existsSync(place)) throw new Error(`${place}: there is no store: webcir index PICTURES --into ${place}`);
      const store = await openFlatStore(place, options);
      reportDropped(store, place);
      galleries.set(name, { store, readOnly: options.readOnly });
    }
    return galleries;
  } catch (error) {
    for (const { store } of galleries.values()) await store.close();
    throw error;
  }
}
