import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Device } from '@webcir/kernels';
import type { FlatStorage, FlatStore, StoreModel } from '@webcir/retrieval';
import { openFlatStore } from '@webcir/retrieval/node';
import { numbers } from '../measure/numbers.ts';

export interface BuiltFlat {
  /** Opens the store for searching. */
  open(): Promise<FlatStore>;
  dispose(): Promise<void>;
}

/** Rows that are stored at once. */
const chunk = 50_000;

/** A store of random features on a disk, in as few segments as it fits into. */
export async function buildFlat(
  device: Device,
  images: number,
  width: number,
  storage: FlatStorage,
): Promise<BuiltFlat> {
  const folder = await mkdtemp(join(tmpdir(), 'webcir-flat-'));
  const model: StoreModel = { dim: width, fingerprint: 'numbers' };
  try {
    const store = await openFlatStore(folder, { device, model, storage });
    for (let first = 0; first < images; first += chunk) {
      const count = Math.min(chunk, images - first);
      const ids = Array.from({ length: count }, (_, i) => `images/${first + i}.jpg`);
      await store.put({ ids, features: numbers(`gallery ${first}`, count * width) });
    }
    await store.compact();
    await store.close();
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
  return {
    open: () => openFlatStore(folder, { device, readOnly: true }),
    dispose: () => rm(folder, { recursive: true }),
  };
}
