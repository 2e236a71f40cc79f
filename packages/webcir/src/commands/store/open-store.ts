import { MissingPackageError } from '@webcir/kernels';
import { type FlatOptions, type FlatStorage, FlatStore, type Store } from '@webcir/retrieval';
import { openFlatStore, openPglite, openPostgres, ShardedStore } from '@webcir/retrieval/node';
import { parsePlaces, type StorePlace } from './place.ts';

/** How long a server may take to answer: one that is gone must not keep a command waiting for ever. */
const timeoutMs = 60_000;

interface OpenOptions extends FlatOptions {
  /** How features are to be kept, where the command line says so. */
  readonly wanted?: FlatStorage | undefined;
}

/**
 * Opens the store that the command line names (`placeHelp`): in a folder, in a database, or in several places that each hold
 * a part. Says what a writer that was killed had not written to its end.
 * @throws Error naming the place that cannot be opened, without its password, or that keeps features otherwise than wanted
 */
export async function openStore(named: string, options: OpenOptions): Promise<Store> {
  const places = parsePlaces(named);
  if (places.length === 1) return openPlace(places[0], options);
  const opened = await Promise.allSettled(places.map((place) => openPlace(place, options)));
  const shards = opened.flatMap((store, i) =>
    store.status === 'fulfilled' ? [{ name: places[i].name, store: store.value }] : [],
  );
  try {
    for (const store of opened) if (store.status === 'rejected') throw store.reason;
    return await ShardedStore.open(shards, { timeoutMs });
  } catch (error) {
    for (const { store } of shards) await store.close();
    throw error;
  }
}

/** @throws Error naming a database that does not keep features as is wanted: looked at before anything is opened, or made */
export function expectStorage(named: string, wanted: FlatStorage | undefined): void {
  if (wanted === undefined || wanted === 'F16') return;
  for (const { kind, name } of parsePlaces(named))
    if (kind !== 'folder')
      throw new Error(`${name}: a database keeps features in F16: --storage ${wanted} is for stores in folders`);
}

async function openPlace(place: StorePlace, { wanted, ...options }: OpenOptions): Promise<Store> {
  if (place.kind === 'folder') {
    const store = await openFlatStore(place.name, wanted ? { ...options, storage: wanted } : options);
    reportDropped(store, place.name);
    if (wanted === undefined || store.storage === wanted) return store;
    await store.close();
    throw new Error(`${place.name}: is there already, and keeps features in ${store.storage}, not in ${wanted}`);
  }
  const { model, readOnly } = options;
  try {
    return place.kind === 'postgres'
      ? await openPostgres(place.url, { ...place.in, model, readOnly, timeoutMs })
      : await openPglite(place.folder, { ...place.in, model, readOnly });
  } catch (cause) {
    if (cause instanceof MissingPackageError) throw cause;
    throw new Error(`${place.name}: ${wordsOf(cause as Error)}`, { cause });
  }
}

/** Node's error for a host whose addresses all refuse has its words in those of each. */
const wordsOf = (error: Error): string =>
  error.message || (error instanceof AggregateError ? error.errors.map(wordsOf).join(', ') : error.name);

/** How a store keeps features, in words. */
export const storageOf = (store: Store): string => {
  if (store instanceof FlatStore) return store.storage;
  return store instanceof ShardedStore ? 'shards' : 'F16';
};

function reportDropped({ droppedBytes }: FlatStore, folder: string): void {
  if (droppedBytes === 0) return;
  console.warn(`${folder}: a run that was stopped left ${droppedBytes} bytes of a write that it had not finished`);
}
