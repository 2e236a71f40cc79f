import type { Metadata, Store } from '@webcir/retrieval';
import { openFlatStore } from '@webcir/retrieval/node';
import { expect } from 'vitest';

/** An image as a store has it. */
export interface Stored {
  readonly id: string;
  readonly metadata: Metadata;
  readonly feature: Float32Array;
}

/** All that is in a store, in the order of the ids. */
export async function storedImages(store: Store): Promise<Stored[]> {
  const { dim } = store.model;
  const images: Stored[] = [];
  for await (const { ids, features, metadata } of store.items())
    for (const [i, id] of ids.entries())
      images.push({ id, metadata: metadata[i], feature: features.slice(i * dim, (i + 1) * dim) });
  return images.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** `storedImages` of a flat store in a folder. */
export async function imagesOfStore(folder: string): Promise<Stored[]> {
  const device = () => Promise.reject(new Error('nothing is searched here'));
  const store = await openFlatStore(folder, { device, readOnly: true });
  try {
    return await storedImages(store);
  } finally {
    await store.close();
  }
}

/** Checks that two stores have the same images: batches of other sizes may be rounded by other variants of kernels. */
export function expectSameImages(found: readonly Stored[], wanted: readonly Stored[]): void {
  const known = ({ id, metadata }: Stored) => ({ id, metadata });
  expect(found.map(known)).toEqual(wanted.map(known));
  for (const [i, { id, feature }] of found.entries()) {
    const largest = Math.max(...feature.map(Math.abs));
    for (const [at, value] of feature.entries())
      expect(Math.abs(value - wanted[i].feature[at]), `${id}, ${at}`).toBeLessThan(largest / 500);
  }
}
