import type { StoreModel } from '../store.ts';
import type { StoreFiles } from './files.ts';
import { type LiveSegment, liveCount, liveRows, type Manifest, writeDeleted, writeManifest } from './manifest.ts';
import { type FlatStorage, MAX_SEGMENT_ROWS, Segment } from './segment.ts';
import type { FlatState } from './state.ts';
import { segmentPieces } from './write-segment.ts';

/** Bytes of ids and metadata that one segment may have: offsets are 32 bits. */
const maxTextBytes = 2 ** 30;

/** What a store's files say, besides their content. */
export interface FlatFiles {
  readonly files: StoreFiles;
  readonly model: StoreModel;
  readonly storage: FlatStorage;
}

/**
 * Which segments to write anew together with the rows in memory: those with more rows that do not count than that do,
 * and, from the last one on, those that are at most twice as large as what has been taken. So segments double in size,
 * there are few of them, and each row is written a few times in all.
 */
export function segmentsToMerge({ segments, tail }: FlatState): readonly LiveSegment[] {
  const group = new Set(segments.filter(({ segment, deadCount }) => 2 * deadCount > segment.rows));
  let rows = [...group].reduce((sum, live) => sum + liveCount(live), tail.size);
  for (const live of segments.toReversed()) {
    if (group.has(live)) continue;
    if (liveCount(live) > 2 * rows) break;
    rows += liveCount(live);
    group.add(live);
  }
  return [...group];
}

/** Segments, and the rows in memory as undefined, in groups that each fit into one segment. */
function groupsThatFit(merged: readonly LiveSegment[], tailRows: number): LiveSegment[][] {
  const groups: LiveSegment[][] = [[]];
  let [rows, bytes] = [tailRows, 0];
  for (const live of merged) {
    if (rows + liveCount(live) > MAX_SEGMENT_ROWS || bytes + live.segment.textBytes > maxTextBytes) {
      groups.push([]);
      [rows, bytes] = [0, 0];
    }
    rows += liveCount(live);
    bytes += live.segment.textBytes;
    groups.at(-1)!.push(live);
  }
  return groups;
}

/**
 * Writes the rows in memory, and the segments that are to be merged, into new segments, and a manifest that names them
 * with a new, empty journal. Replacing the manifest is the moment at which all of it counts: a writer that is killed
 * before leaves files that no manifest names.
 * @param merged segments of the state that are written anew, without the rows that do not count
 * @returns the state that the new manifest describes
 */
export async function checkpoint(
  { files, model, storage }: FlatFiles,
  { segments, tail }: FlatState,
  merged: readonly LiveSegment[],
  generation: number,
): Promise<{ readonly state: FlatState; readonly manifest: Omit<Manifest, 'format'> }> {
  const name = (what: string) => `${what}-${String(generation).padStart(6, '0')}`;
  const kept = segments.filter((live) => !merged.includes(live));
  const made: LiveSegment[] = [];
  try {
    for (const [i, group] of groupsThatFit(merged, tail.size).entries()) {
      const parts = group.map((live) => ({ segment: live.segment, rows: liveRows(live) }));
      const rows = i === 0 ? [...tail.values()] : [];
      if (rows.length + parts.reduce((sum, part) => sum + part.rows.length, 0) === 0) continue;
      const file = `${name('segment')}-${i}.safetensors`;
      await files.write(file, await segmentPieces(model, storage, parts, rows));
      made.push({ segment: await Segment.open(files, file, model), dead: undefined, deadCount: 0 });
    }
    const all = [...kept, ...made];
    const deleted = kept.some(({ dead }) => dead) ? `${name('deleted')}.safetensors` : undefined;
    if (deleted !== undefined) await writeDeleted(files, deleted, all);
    const journal = name('journal');
    await files.write(journal, []);
    const names = all.map(({ segment }) => segment.file);
    const manifest = { model, storage, generation, segments: names, deleted, journal };
    await writeManifest(files, manifest);
    return { state: { segments: all, tail: new Map() }, manifest };
  } catch (error) {
    for (const { segment } of made) await segment.close();
    throw error;
  }
}
