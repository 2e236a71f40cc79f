import { openSafetensors, safetensorsPieces, storedTensor } from '@webcir/clip';
import type { StoreModel } from '../store.ts';
import type { StoreFiles } from './files.ts';
import type { FlatStorage, Segment } from './segment.ts';
import { int32 } from './text-column.ts';

/** The file that says what a store is made of. It is replaced whole: what it does not name is not part of the store. */
export interface Manifest {
  readonly format: typeof format;
  readonly model: StoreModel;
  readonly storage: FlatStorage;
  /** Counts the manifests; new files are named after it. */
  readonly generation: number;
  /** Files, in an order that `deleted` and the journal refer to. */
  readonly segments: readonly string[];
  /** File of rows that no longer count, where there are any. */
  readonly deleted?: string | undefined;
  readonly journal: string;
}

const format = 'webcir flat store 1';
export const MANIFEST = 'manifest.json';

/** @throws Error naming the file, where it is damaged or of another version; undefined where there is none */
export async function readManifest(files: StoreFiles): Promise<Manifest | undefined> {
  const bytes = await files.read(MANIFEST);
  if (bytes === undefined) return undefined;
  const path = `${files.name}/${MANIFEST}`;
  let manifest: Manifest;
  try {
    manifest = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new Error(`${path}: is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (manifest.format === format) return manifest;
  throw new Error(`${path}: expected the format '${format}', found ${JSON.stringify(manifest.format)}`);
}

export function writeManifest(files: StoreFiles, manifest: Omit<Manifest, 'format'>): Promise<void> {
  return files.write(MANIFEST, [new TextEncoder().encode(`${JSON.stringify({ format, ...manifest }, null, 2)}\n`)]);
}

/** Whether a file is one that a store makes, so that one that no manifest names may be removed. */
export const isStoreFile = (file: string): boolean => /^(segment|deleted|journal)-\d+/.test(file);

/** A segment, and those of its rows that no longer count. */
export interface LiveSegment {
  readonly segment: Segment;
  /** A 1 for each row that was replaced or deleted; undefined where none was. Never changed: replaced by a copy. */
  readonly dead: Uint8Array | undefined;
  readonly deadCount: number;
}

export const liveCount = ({ segment, deadCount }: LiveSegment): number => segment.rows - deadCount;

/** The rows of a segment that count, in rising order. */
export function liveRows({ segment, dead, deadCount }: LiveSegment): Int32Array {
  const rows = new Int32Array(segment.rows - deadCount);
  for (let row = 0, at = 0; row < segment.rows; row++) if (!dead?.[row]) rows[at++] = row;
  return rows;
}

/** Takes rows out of segments. @param dead where each segment is in the list, and the row */
export function withDead(
  segments: readonly LiveSegment[],
  dead: readonly (readonly [segment: number, row: number])[],
): readonly LiveSegment[] {
  if (dead.length === 0) return segments;
  const changed = segments.slice();
  for (const [at, row] of dead) {
    const { segment } = changed[at];
    if (changed[at] === segments[at])
      changed[at] = { ...changed[at], dead: changed[at].dead?.slice() ?? new Uint8Array(segment.rows) };
    const live = changed[at];
    if (live.dead![row]) continue;
    live.dead![row] = 1;
    changed[at] = { ...live, deadCount: live.deadCount + 1 };
  }
  return changed;
}

/** Writes the rows that no longer count: a list for each segment, by where it is in the manifest. */
export async function writeDeleted(files: StoreFiles, file: string, segments: readonly LiveSegment[]): Promise<void> {
  const tensors = segments.flatMap(({ dead }, at) => {
    if (!dead) return [];
    const rows = Int32Array.from([...dead.keys()].filter((row) => dead[row]));
    return [[`${at}`, storedTensor('I32', [rows.length], new Uint8Array(rows.buffer))] as const];
  });
  await files.write(file, safetensorsPieces({ tensors: new Map(tensors), metadata: new Map() }));
}

export async function readDeleted(
  files: StoreFiles,
  file: string | undefined,
  segments: readonly LiveSegment[],
): Promise<readonly LiveSegment[]> {
  if (file === undefined) return segments;
  const source = await files.open(file);
  try {
    let live = segments;
    for (const [at, tensor] of (await openSafetensors(source)).tensors) {
      const rows = int32(await tensor.read());
      live = withDead(
        live,
        Array.from(rows, (row) => [Number(at), row] as const),
      );
    }
    return live;
  } finally {
    await source.close();
  }
}
