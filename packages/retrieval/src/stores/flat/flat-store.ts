import { storedTensor, toFloat32 } from '@webcir/clip';
import { checkFeatures, checkRows, checkSearch, joinRows, type StoreRow } from '../check-search.ts';
import { expectFilter, type Filter, passes } from '../filter.ts';
import type { Metadata, Store, StoredImage, StoreHit, StoreModel, StoreRows, StoreSearch } from '../store.ts';
import { checkpoint, type FlatFiles, segmentsToMerge } from './checkpoint.ts';
import { DeviceSegments, type DeviceSource } from './device-segments.ts';
import type { StoreFiles } from './files.ts';
import { Filtered } from './filtered.ts';
import { type Change, encodeChange } from './journal.ts';
import { type LiveSegment, liveRows, type Manifest, readManifest } from './manifest.ts';
import { type Opened, openFiles, removeAll } from './open-files.ts';
import { type SearchTools, searchState } from './search-state.ts';
import { dtypeOf, type FlatStorage, type Segment } from './segment.ts';
import { applyChange, countOf, type FlatState, inSegment, locate } from './state.ts';
import { encodeRows } from './write-segment.ts';
import type { Writer } from './writer.ts';

/** Rows in the journal that are written into a segment when a store is closed: fewer are not worth a file. */
const closingRows = 256;

/** How features are kept on the device. */
const onDevice = { F32: 'f32', F16: 'f16', I8: 'i8' } as const;

/** How often a reader opens a store again whose writer is faster than it. */
const tries = 20;

/** How a flat store is opened. */
export interface FlatOptions {
  /** What searches: a device, or what opens one when a search first needs it. */
  readonly device: DeviceSource;
  /** Makes the store where there is none, and refuses one of another model. Needed for a store that is not there yet. */
  readonly model?: StoreModel;
  /** For a store that is made; 'F16' unless given. */
  readonly storage?: FlatStorage;
  /** Opens it for searching alone, also while another process writes: what is seen is what was there when it was opened. */
  readonly readOnly?: boolean;
  /**
   * Bytes of features that the journal takes before they are written into a segment; 4 MiB unless given. Its rows are in
   * memory, and each query is scored with them on the host.
   */
  readonly journalBytes?: number;
  /**
   * Products of values, a segment's rows times dim times the queries of a search, that are made without the device, which
   * takes longer for few; 524,288 unless given.
   */
  readonly hostProducts?: number;
}

/**
 * A gallery in a folder, of any size that one machine searches exactly.
 *
 * Features, ids and metadata lie in **segments**, safetensors files that never change. A **manifest** names those that
 * count, and is replaced whole. What is written goes into a **journal**, one record with a checksum and one flush to disk
 * for each `put` or `delete`; when it has grown, its rows become a segment, and segments that are not much larger are
 * merged with it. So whenever a writer is killed, what was acknowledged is in the journal or in a segment, and half a
 * record at the journal's end is dropped when it is opened (`droppedBytes`).
 *
 * Opening reads the manifest, the segments' headers and the journal, and maps nothing: a search copies features to the
 * device once, in blocks, and reads ids and metadata of what it finds where they lie.
 */
export class FlatStore implements Store {
  readonly model: StoreModel;
  readonly storage: FlatStorage;
  /** Bytes at the end of the journal that a killed writer had not written to their end, and that were dropped. */
  readonly droppedBytes: number;
  readonly #at: FlatFiles;
  readonly #journalBytes: number;
  readonly #tools: SearchTools;
  #state: FlatState;
  #manifest: Omit<Manifest, 'format'>;
  #writer: Writer | undefined;
  /** Writes take turns. */
  #writing: Promise<unknown> = Promise.resolve();
  /** Searches and reads that are under way: segments stay open for them. */
  #reading = 0;
  #retired: Segment[] = [];
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(opened: Opened, { device, journalBytes = 2 ** 22, hostProducts = 2 ** 19 }: FlatOptions) {
    const { at, manifest, state, writer, droppedBytes } = opened;
    this.model = manifest.model;
    this.storage = manifest.storage;
    this.droppedBytes = droppedBytes;
    this.#at = at;
    this.#manifest = manifest;
    this.#state = state;
    this.#writer = writer;
    this.#journalBytes = journalBytes;
    this.#tools = {
      device: new DeviceSegments(device, onDevice[manifest.storage]),
      filtered: new Filtered(),
      hostProducts,
    };
  }

  /**
   * @throws Error naming the file that is damaged, or the process that is writing; RangeError for a store of another
   *   model, or one that is not there and cannot be made
   */
  static async open(files: StoreFiles, options: FlatOptions): Promise<FlatStore> {
    const unlock = options.readOnly ? undefined : await files.lock();
    try {
      for (let again = 0; ; again++) {
        const manifest = await readManifest(files);
        try {
          return new FlatStore(await openFiles(files, manifest, options, unlock), options);
        } catch (error) {
          // A writer may have replaced the manifest meanwhile, and removed what the one before named.
          if (unlock || again === tries || (await readManifest(files))?.generation === manifest?.generation)
            throw error;
        }
      }
    } catch (error) {
      unlock?.();
      throw error;
    }
  }

  async put(rows: StoreRows): Promise<void> {
    const { dim } = this.model;
    const checked = checkRows(rows, dim);
    if (checked.length === 0) return;
    // Rounded as they will be read again, so that a search finds the same before and after.
    const bytes = encodeRows(checked, dim, this.storage);
    const stored = toFloat32(storedTensor(dtypeOf(this.storage), [checked.length, dim], bytes));
    const own = checked.map(({ id, metadata }, i): StoreRow => {
      const feature = stored.subarray(i * dim, (i + 1) * dim);
      return { id, feature, metadata: JSON.parse(JSON.stringify(metadata)) as Metadata };
    });
    await this.#write(async (state) => {
      const places = await locate(
        state,
        own.map(({ id }) => id),
      );
      const dead = places.flatMap((place) => (place && inSegment(place) ? [[place.at, place.row] as const] : []));
      return { rows: own, removed: [], dead };
    });
  }

  async delete(ids: Iterable<string>): Promise<number> {
    const wanted = [...new Set(ids)];
    let count = 0;
    await this.#write(async (state) => {
      const places = (await locate(state, wanted)).filter((place) => place !== undefined);
      count = places.length;
      const dead = places.filter(inSegment).map(({ at, row }) => [at, row] as const);
      const removed = places.flatMap((place) => (inSegment(place) ? [] : [place.id]));
      return { rows: [], removed, dead };
    });
    return count;
  }

  get(ids: readonly string[]): Promise<(StoredImage | undefined)[]> {
    return this.#read(async (state) => {
      const places = await locate(state, ids);
      const images = places.map((place): StoredImage | undefined =>
        place && !inSegment(place) ? { ...place, feature: place.feature.slice() } : undefined,
      );
      for (const [at, { segment }] of state.segments.entries()) {
        const wanted = places
          .flatMap((place, index) => (place && inSegment(place) && place.at === at ? [{ index, row: place.row }] : []))
          .sort((a, b) => a.row - b.row);
        const rows = wanted.map(({ row }) => row);
        const metadata = await segment.metadata.pick(rows);
        let done = 0;
        for await (const block of segment.blocks(rows)) {
          for (const i of block.rows.keys()) {
            const feature = block.features.slice(i * segment.dim, (i + 1) * segment.dim);
            const { index } = wanted[done];
            images[index] = { id: ids[index], feature, metadata: JSON.parse(metadata[done++]) };
          }
        }
      }
      return images;
    });
  }

  async search(features: Float32Array, search: StoreSearch = {}): Promise<StoreHit[][]> {
    const checked = checkSearch(search);
    const queries = checkFeatures(features, this.model.dim);
    return this.#read((state) => searchState(state, queries, checked, this.#tools));
  }

  async count(filter?: Filter): Promise<number> {
    if (filter === undefined) return countOf(this.#state);
    expectFilter(filter);
    return this.#read(async (state) => {
      let count = [...state.tail.values()].filter(({ metadata }) => passes(metadata, filter)).length;
      for (const { segment, dead } of state.segments) {
        const blocked = await this.#tools.filtered.blocked(segment, filter);
        for (let row = 0; row < segment.rows; row++) if (!blocked[row] && !dead?.[row]) count++;
      }
      return count;
    });
  }

  async *items(): AsyncGenerator<Required<StoreRows>> {
    const state = this.#begin();
    try {
      for (const live of state.segments) {
        const { segment } = live;
        for await (const { rows, features } of segment.blocks(liveRows(live))) {
          const first = rows[0];
          const count = rows.at(-1)! - first + 1;
          const [ids, metadata] = await Promise.all([
            segment.ids.read(first, count),
            segment.metadata.read(first, count),
          ]);
          yield {
            ids: rows.map((row) => ids.at(row - first)),
            features,
            metadata: rows.map((row) => JSON.parse(metadata.at(row - first)) as Metadata),
          };
        }
      }
      const tail = [...state.tail.values()];
      if (tail.length > 0) yield joinRows(tail, this.model.dim);
    } finally {
      await this.#end();
    }
  }

  /** Writes everything into as few segments as it fits into, without what was replaced or deleted. */
  async compact(): Promise<void> {
    await this.#inTurn(async (writer) => {
      const { segments, tail } = this.#state;
      const [only] = segments;
      if (tail.size === 0 && segments.length <= 1 && !only?.dead) return;
      await this.#checkpoint(writer, this.#state, segments);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Whoever opens it next finds the rows in a segment. Where that fails they are in the journal still.
    if (this.#writer && this.#state.tail.size > closingRows)
      await this.#inTurn((writer) => this.#checkpoint(writer, this.#state, segmentsToMerge(this.#state))).catch(
        () => {},
      );
    this.#closed = true;
    await this.#writing.catch(() => {});
    await this.#writer?.close();
    for (const { segment } of this.#state.segments) this.#retired.push(segment);
    await this.#closeRetired();
  }

  /** Makes one change: in the journal, or in a new segment where the journal would become too long. */
  #write(make: (state: FlatState) => Promise<Change>): Promise<void> {
    return this.#inTurn(async (writer) => {
      const change = await make(this.#state);
      if (change.rows.length + change.removed.length + change.dead.length === 0) return;
      const next = applyChange(this.#state, change);
      const valueBytes = this.storage === 'F32' ? 4 : 2;
      if (next.tail.size * this.model.dim * valueBytes >= this.#journalBytes) {
        await this.#checkpoint(writer, next, segmentsToMerge(next));
      } else {
        await writer.append(encodeChange(change, this.model.dim, this.storage));
        this.#state = next;
      }
    });
  }

  async #checkpoint(writer: Writer, state: FlatState, merged: readonly LiveSegment[]): Promise<void> {
    const made = await writer.guard(() => checkpoint(this.#at, state, merged, this.#manifest.generation + 1));
    const before = this.#manifest;
    this.#manifest = made.manifest;
    this.#state = made.state;
    await writer.turnTo(made.manifest.journal);
    await removeAll(this.#at.files, [before.journal, before.deleted, ...merged.map(({ segment }) => segment.file)]);
    this.#retired.push(...merged.map(({ segment }) => segment));
    await this.#closeRetired();
  }

  #inTurn<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    const turn = this.#writing.then(() => {
      this.#expectOpen();
      if (!this.#writer) throw new Error(`${this.#at.files.name}: was opened for reading only`);
      return work(this.#writer);
    });
    this.#writing = turn.catch(() => {});
    return turn;
  }

  async #read<T>(work: (state: FlatState) => Promise<T>): Promise<T> {
    const state = this.#begin();
    try {
      return await work(state);
    } finally {
      await this.#end();
    }
  }

  #begin(): FlatState {
    this.#expectOpen();
    this.#reading++;
    return this.#state;
  }

  async #end(): Promise<void> {
    this.#reading--;
    await this.#closeRetired();
  }

  async #closeRetired(): Promise<void> {
    if (this.#reading > 0) return;
    for (const segment of this.#retired.splice(0)) {
      await this.#tools.device.release(segment);
      await segment.close();
    }
  }

  #expectOpen(): void {
    if (this.#closed) throw new Error(`${this.#at.files.name}: this store is closed: open it again`);
  }
}
