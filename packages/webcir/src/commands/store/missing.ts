import type { Store } from '@webcir/retrieval';
import { counted } from '../images.ts';

/** What to do with images of a store whose files are gone. */
export interface Missing {
  /** How many there are, where it is known without looking at all ids. */
  readonly count: number | undefined;
  /** How many images of the store are there. */
  readonly known: number;
  /** Whether an id is of an image that is still there. */
  isThere(id: string): boolean;
  /** Takes them out; else they stay, and are told of. */
  readonly remove: boolean | undefined;
  /** Of the store, and of what the images are missing in, for people. */
  readonly names: { readonly store: string; readonly source: string };
}

/**
 * Takes images out of a store whose files are gone, or says that they are there and how to take them out.
 * @throws Error where nothing of the store would stay: whoever mistakes the folder would lose all
 */
export async function handleMissing(store: Store, { count, known, isThere, remove, names }: Missing): Promise<void> {
  if (count !== undefined && count <= 0) return;
  if (!remove) {
    if (count === undefined) return;
    console.log(`${counted(count)} of ${names.store} not in ${names.source}: kept; --remove-missing takes them out`);
    return;
  }
  const gone: string[] = [];
  for await (const { ids } of store.items()) gone.push(...ids.filter((id) => !isThere(id)));
  if (gone.length === 0) return;
  if (known === 0)
    throw new Error(
      `none of the images of ${names.store} is in ${names.source}, and --remove-missing would take all of them out: ` +
        'name the folder that they came from, or delete the store',
    );
  for (let start = 0; start < gone.length; start += batch) await store.delete(gone.slice(start, start + batch));
  console.log(`${counted(gone.length)} taken out of ${names.store}, not in ${names.source}`);
}

/** Images that are taken out at once. */
const batch = 10_000;
