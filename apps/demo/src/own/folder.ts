import type { Features, Pictures } from '../pack.ts';
import type { Session } from '../session.ts';
import { forget, keep, recall } from './kept.ts';
import { placesOf } from './places.ts';
import { type StoredTiles, Thumbnails, tilesOf } from './thumbnails.ts';

/** Where the visitor's own set is kept. */
const KEY = 'own set';
const MAX_PICTURES = 20_000;

/** What a visitor's own set is made of, as it is kept in this browser. */
export interface OwnSet {
  readonly ids: readonly string[];
  readonly tiles: StoredTiles;
  readonly features: Omit<Features, 'captions'>;
  /** Name of the set whose models encoded it; undefined for models that the visitor brought. */
  readonly models: string | undefined;
}

/** Whom indexing tells how far it is. */
export interface IndexingOptions {
  onProgress(done: number, total: number): void;
  onUnreadable(name: string): void;
  readonly signal: AbortSignal;
}

/** Whether a file may be a picture, by its type. */
export const isPicture = (file: File): boolean => file.type.startsWith('image/') && file.type !== 'image/svg+xml';

/**
 * Encodes pictures with the models of a session.
 * @throws RangeError when there are none, or too many; what `signal` is aborted with
 */
export async function indexOwn(
  files: readonly File[],
  { retriever, set: models }: Session,
  options: IndexingOptions,
): Promise<OwnSet> {
  const pictures = files.filter(isPicture);
  if (pictures.length === 0) throw new RangeError('There is no picture among these files.');
  if (pictures.length > MAX_PICTURES)
    throw new RangeError(`A page holds ${MAX_PICTURES.toLocaleString('en')} pictures; these are ${pictures.length}.`);
  const thumbnails = new Thumbnails(pictures.length);
  const { onUnreadable } = options;
  const gallery = await retriever.index(read(pictures, thumbnails, options), { onUnreadable });
  try {
    const places = await placesOf(gallery);
    const { ids, features: images } = gallery;
    const features = { images, places, fingerprint: await gallery.fingerprint() };
    return { ids, tiles: await thumbnails.finish(), features, models };
  } finally {
    await gallery.dispose();
  }
}

/** Decodes pictures one after the other; those that cannot be read are left out. */
async function* read(
  files: readonly File[],
  thumbnails: Thumbnails,
  { onProgress, onUnreadable, signal }: IndexingOptions,
): AsyncGenerator<readonly [string, ImageBitmap]> {
  const names = new Set<string>();
  for (const [done, file] of files.entries()) {
    signal.throwIfAborted();
    onProgress(done, files.length);
    const name = file.webkitRelativePath || file.name;
    const picture = await createImageBitmap(file).catch(() => undefined);
    if (!picture || names.has(name)) {
      onUnreadable(name);
      continue;
    }
    names.add(name);
    thumbnails.add(picture);
    yield [name, picture];
  }
  onProgress(files.length, files.length);
}

/** The pictures of an own set, to be shown. */
export function picturesOf({ ids, tiles }: OwnSet): Pictures {
  return {
    name: 'own',
    title: 'Yours',
    credit: 'your own, which stay in this browser',
    ids,
    labels: ids.map((id) => id.replace(/^.*\//, '')),
    tiles: tilesOf(tiles, ids.length),
    queries: [],
    fitting: undefined,
  };
}

/** Keeps a set for later visits, if it can be searched then. */
export async function keepOwnSet(set: OwnSet): Promise<void> {
  if (set.models !== undefined) await keep(KEY, set, 'your set of pictures');
}
export const recallOwnSet = (): Promise<OwnSet | undefined> => recall<OwnSet>(KEY);
export const forgetOwnSet = (): Promise<void> => forget(KEY);
