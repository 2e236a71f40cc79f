import { expectModel, type StoreModel } from '../store.ts';
import { checkpoint, type FlatFiles } from './checkpoint.ts';
import type { StoreFiles } from './files.ts';
import { replay } from './journal.ts';
import { isStoreFile, type LiveSegment, type Manifest, readDeleted } from './manifest.ts';
import { type FlatStorage, Segment } from './segment.ts';
import { applyChange, type FlatState } from './state.ts';
import { Writer } from './writer.ts';

/** What a store is made of when it is opened. */
export interface Opened {
  readonly at: FlatFiles;
  readonly manifest: Omit<Manifest, 'format'>;
  readonly state: FlatState;
  readonly writer: Writer | undefined;
  readonly droppedBytes: number;
}

/**
 * Opens what a manifest names, and makes a store where there is none.
 * @param unlock ends the lock of the one who writes; not given to those who only read
 * @throws Error naming the file that is missing or damaged; RangeError for a store of another model, or none
 */
export async function openFiles(
  files: StoreFiles,
  found: Manifest | undefined,
  { model, storage = 'F16' }: { readonly model?: StoreModel; readonly storage?: FlatStorage },
  unlock: (() => void) | undefined,
): Promise<Opened> {
  if (found === undefined) {
    if (!unlock || !model) throw new RangeError(`${files.name}: there is no store`);
    const at = { files, model, storage };
    const made = await checkpoint(at, { segments: [], tail: new Map() }, [], 1);
    return { at, ...made, droppedBytes: 0, writer: await Writer.open(files, made.manifest.journal, 0, unlock) };
  }
  if (model) expectModelOf(files, found.model, model);
  const at = { files, model: found.model, storage: found.storage };
  const segments: LiveSegment[] = [];
  try {
    for (const file of found.segments)
      segments.push({ segment: await Segment.open(files, file, found.model), dead: undefined, deadCount: 0 });
    const journal = await files.read(found.journal);
    if (!journal) throw new Error(`${files.name}/${found.journal}: there is no such file`);
    const { changes, length } = replayed(files, found, journal);
    const start: FlatState = { segments: await readDeleted(files, found.deleted, segments), tail: new Map() };
    const state = changes.reduce(applyChange, start);
    if (unlock) await removeStrays(files, found);
    const writer = unlock && (await Writer.open(files, found.journal, length, unlock));
    return { at, manifest: found, state, writer, droppedBytes: journal.length - length };
  } catch (error) {
    for (const { segment } of segments) await segment.close();
    throw error;
  }
}

function expectModelOf({ name }: StoreFiles, found: StoreModel, asked: StoreModel): void {
  try {
    expectModel(found, asked);
  } catch (cause) {
    throw new RangeError(`${name}: ${(cause as Error).message}`, { cause });
  }
}

function replayed(files: StoreFiles, { journal, model, storage }: Manifest, bytes: Uint8Array) {
  try {
    return replay(bytes, model.dim, storage);
  } catch (cause) {
    throw new Error(`${files.name}/${journal}: ${(cause as Error).message}`, { cause });
  }
}

/** Removes what a killed writer had made and not named in a manifest. */
async function removeStrays(files: StoreFiles, { segments, deleted, journal }: Manifest): Promise<void> {
  const named = new Set([...segments, deleted, journal]);
  await removeAll(
    files,
    (await files.list()).filter((file) => isStoreFile(file) && !named.has(file)),
  );
}

/** Removes files, those that are named. */
export async function removeAll(files: StoreFiles, names: readonly (string | undefined)[]): Promise<void> {
  for (const name of names) if (name !== undefined) await files.remove(name);
}
