import { checkFeatures, checkRows, checkSearch, joinRows } from '../stores/check-search.ts';
import { keepDistinct } from '../stores/distinct.ts';
import type { Filter } from '../stores/filter.ts';
import {
  expectModel,
  type Store,
  type StoredImage,
  type StoreHit,
  type StoreModel,
  type StoreRows,
  type StoreSearch,
} from '../stores/store.ts';
import { partOf } from './part-of.ts';
import { expectAnswers, ShardError, type ShardFailure, withinTime } from './shard-error.ts';

/** A store that holds one part of a gallery. */
export interface Shard {
  /** For errors: 'db2:5432/images'. */
  readonly name: string;
  readonly store: Store;
}

/** How stores are taken together. */
export interface ShardedOptions {
  /** How long a shard may take to answer, in milliseconds; without end unless given. */
  readonly timeoutMs?: number;
}

/** What was found by the shards that answered. */
export interface PartialHits {
  /** A list for each query. */
  readonly hits: StoreHit[][];
  /** The shards that did not answer, whose images cannot be among the hits. */
  readonly missing: readonly ShardFailure[];
}

/**
 * One gallery over several stores of any kind, on as many machines: which one an image is in follows from its id
 * (`partOf`). All are asked at once, each for as many hits as are wanted, and the best of them all are the answer, which is
 * the one that a single store would give.
 *
 * A shard that fails, or does not answer in time, fails what was asked with a `ShardError` that names it: an answer that
 * lacks a part of the gallery looks like any other. `searchPartial` gives it together with the names of those that are
 * missing. What `put` was to store is there wholly or not at all in each shard, not in all of them together; it can be
 * repeated.
 */
export class ShardedStore implements Store {
  readonly model: StoreModel;
  readonly #shards: readonly Shard[];
  readonly #timeoutMs: number | undefined;

  private constructor(shards: readonly Shard[], { timeoutMs }: ShardedOptions) {
    this.model = shards[0].store.model;
    this.#shards = shards;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Takes stores together, always in the same order. `close` closes them.
   * @throws RangeError where they hold features of different models, or one holds an image that belongs into another: they
   *   were in another order, or another number; ShardError where one does not answer
   */
  static async open(shards: readonly Shard[], options: ShardedOptions = {}): Promise<ShardedStore> {
    if (shards.length === 0) throw new RangeError('shards: expected one store or more, found none');
    for (const { name, store } of shards) expectModel(store.model, shards[0].store.model, name);
    const sharded = new ShardedStore(shards, options);
    await sharded.#ask(sharded.#all, async ({ name, store }, shard) => {
      const place = (id: string) => partOf(id, shards.length);
      for await (const { ids } of store.items()) {
        const other = ids.find((id) => place(id) !== shard);
        if (other === undefined) return;
        throw new RangeError(
          `${name} is shard ${shard + 1} of ${shards.length}, and holds '${other}', which belongs to shard ` +
            `${place(other) + 1}: name the shards in the order and the number in which they were filled`,
        );
      }
    });
    return sharded;
  }

  async put(rows: StoreRows): Promise<void> {
    const checked = checkRows(rows, this.model.dim);
    const parts = this.#split(checked, ({ id }) => id);
    await this.#ask(this.#with(parts), ({ store }, shard) => store.put(joinRows(parts[shard], this.model.dim)));
  }

  async delete(ids: Iterable<string>): Promise<number> {
    const parts = this.#split(ids, (id) => id);
    return sum(await this.#ask(this.#with(parts), ({ store }, shard) => store.delete(parts[shard])));
  }

  async get(ids: readonly string[]): Promise<(StoredImage | undefined)[]> {
    const parts = this.#split(new Set(ids), (id) => id);
    const answers = await this.#ask(this.#with(parts), ({ store }, shard) => store.get(parts[shard]));
    const found = new Map(answers.flat().map((image) => [image?.id, image]));
    return ids.map((id) => found.get(id));
  }

  search(features: Float32Array, search: StoreSearch = {}): Promise<StoreHit[][]> {
    return this.#searchIn(this.#all, features, search);
  }

  /**
   * Searches those shards that answer.
   * @throws ShardError where none does
   */
  async searchPartial(features: Float32Array, search: StoreSearch = {}): Promise<PartialHits> {
    const missing: ShardFailure[] = [];
    for (let shards = this.#all; ; ) {
      try {
        return { hits: await this.#searchIn(shards, features, search), missing };
      } catch (error) {
        if (!(error instanceof ShardError)) throw error;
        missing.push(...error.failures);
        const names = new Set(missing.map(({ name }) => name));
        shards = shards.filter((shard) => !names.has(this.#shards[shard].name));
        if (shards.length === 0) throw new ShardError(missing);
      }
    }
  }

  async count(filter?: Filter): Promise<number> {
    return sum(await this.#ask(this.#all, ({ store }) => store.count(filter)));
  }

  /** One shard after the other. */
  async *items(): AsyncGenerator<Required<StoreRows>> {
    for (const shard of this.#all) {
      const items = this.#shards[shard].store.items()[Symbol.asyncIterator]();
      for (;;) {
        const [{ done, value }] = await this.#ask([shard], () => items.next());
        if (done) break;
        yield value;
      }
    }
  }

  async close(): Promise<void> {
    await this.#ask(this.#all, ({ store }) => store.close());
  }

  async #searchIn(shards: readonly number[], features: Float32Array, search: StoreSearch): Promise<StoreHit[][]> {
    const { k, offset, distinct } = checkSearch(search);
    const queries = checkFeatures(features, this.model.dim);
    const { candidates, exclude, ...others } = search;
    const [inCandidates, inExclude] = [candidates, exclude].map((ids) => ids && this.#split(ids, (id) => id));
    const best = async (asked: Float32Array, want: number) => {
      const lists = await this.#ask(shards, ({ store }, shard) => {
        const own = { candidates: inCandidates?.[shard], exclude: inExclude?.[shard] };
        return store.search(asked, { ...others, ...own, k: want, offset: 0, distinct: undefined });
      });
      // Stable: equal scores are in the order of the shards, and then in that of the shard.
      const merged = (q: number) => lists.flatMap((list) => list[q]).sort((a, b) => b.score - a.score);
      return Array.from({ length: asked.length / this.model.dim }, (_, q) => merged(q).slice(0, want));
    };
    if (distinct === undefined) return (await best(features, offset + k)).map((hits) => hits.slice(offset));
    // An image that a shard would leave out for a better one of its own may be kept for that one is left out here.
    const featuresOf = async (hits: readonly StoreHit[]) => {
      const images = await this.get(hits.map(({ id }) => id));
      return images.map((image) => image?.feature ?? new Float32Array(this.model.dim)); // deleted meanwhile
    };
    return Promise.all(
      queries.map((query) =>
        keepDistinct({ k, offset, distinct }, async (want) => (await best(query, want))[0], featuresOf),
      ),
    );
  }

  get #all(): readonly number[] {
    return [...this.#shards.keys()];
  }

  /** The shards that have a part in something. */
  #with(parts: readonly (readonly unknown[])[]): readonly number[] {
    return this.#all.filter((shard) => parts[shard].length > 0);
  }

  /** What belongs to each shard. */
  #split<Part>(all: Iterable<Part>, idOf: (part: Part) => string): Part[][] {
    const parts: Part[][] = this.#shards.map(() => []);
    for (const one of all) parts[partOf(idOf(one), parts.length)].push(one);
    return parts;
  }

  /** Asks shards at once. @throws ShardError naming all that fail; RangeError as it is, for what was asked is wrong */
  async #ask<T>(shards: readonly number[], work: (shard: Shard, index: number) => Promise<T>): Promise<T[]> {
    const asked = shards.map((index) => withinTime(() => work(this.#shards[index], index), this.#timeoutMs));
    return expectAnswers(
      await Promise.allSettled(asked),
      shards.map((index) => this.#shards[index].name),
    );
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
