import { QueryError } from '@webcir/retrieval';
import { ApiError } from './errors.ts';

/** How a batcher works. */
export interface BatcherOptions<Wish, Answer> {
  /** What waits, in errors: 'queries'. */
  readonly name: string;
  /** Meets some wishes at once. A RangeError says that one of them is wrong. */
  run(wishes: readonly Wish[]): Promise<readonly Answer[]>;
  /** Wishes that are met at once, at most. */
  readonly batch: number;
  /** Wishes that may wait, besides those of one request that comes while none waits. */
  readonly waiting: number;
  /** Milliseconds that a batch waits, at most, until it has as many as the one before it and what came meanwhile. */
  readonly linger: number;
  onBatch?(size: number, seconds: number): void;
}

interface Waiting<Wish, Answer> {
  readonly wish: Wish;
  readonly signal: AbortSignal | undefined;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** The error of a wish, and which one of a request it was. */
export class WishError extends Error {
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super((cause as Error).message, { cause });
    this.index = index;
  }
}

/**
 * Meets wishes of many requests together: those that come while a batch is under way are the next one. A wish that is
 * wrong fails alone, because a batch that is refused is divided until it is found.
 */
export class Batcher<Wish, Answer> {
  readonly #options: BatcherOptions<Wish, Answer>;
  #queue: Waiting<Wish, Answer>[] = [];
  #working: Promise<void> | undefined;
  /** Wishes of the last batch and those that came meanwhile, and how long one took, in seconds. */
  #last = { size: 0, each: 0.05 };
  /** Called when a wish comes. */
  #onWish: () => void = () => {};

  constructor(options: BatcherOptions<Wish, Answer>) {
    this.#options = options;
  }

  /** Wishes that no batch has yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Answers to the wishes of a request.
   * @param signal ends when the answers are not wanted any more: what still waits then is left out
   * @throws ApiError (429) where too many wait already; WishError of the first that failed
   */
  async ask(wishes: readonly Wish[], signal?: AbortSignal): Promise<Answer[]> {
    const { name, waiting } = this.#options;
    if (wishes.length === 0) return [];
    const before = this.#queue.length;
    if (before > 0 && before + wishes.length > waiting) {
      const retryAfter = Math.max(1, Math.ceil(before * this.#last.each));
      throw new ApiError(429, 'queue_full', `${before} ${name} wait already: try again later`, { retryAfter });
    }
    const answers = wishes.map(
      (wish) =>
        new Promise<Answer>((resolve, reject) => {
          this.#queue.push({ wish, signal, resolve, reject });
        }),
    );
    this.#onWish();
    this.#working ??= this.#work();
    const settled = await Promise.allSettled(answers);
    return settled.map((answer, index) => {
      if (answer.status === 'rejected') throw new WishError(index, answer.reason);
      return answer.value;
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#company();
      const batch = this.#take();
      if (batch.length === 0) continue;
      const started = performance.now();
      await this.#meet(batch);
      const seconds = (performance.now() - started) / 1000;
      this.#last = { size: batch.length + this.#queue.length, each: seconds / batch.length };
      this.#options.onBatch?.(batch.length, seconds);
    }
    this.#working = undefined;
  }

  /**
   * What comes in the same turn of the event loop comes along. Where the last batch had some, those that it answered are
   * about to ask again: it is worth a moment to have them together, since they would otherwise fall into two halves that
   * wait for each other.
   */
  async #company(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const { linger, batch } = this.#options;
    const isEnough = () => this.#queue.length >= Math.min(this.#last.size, batch);
    if (linger === 0 || isEnough()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, linger);
      this.#onWish = () => {
        if (!isEnough()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onWish = () => {};
  }

  /** Those that have waited longest, and whose answers are still wanted. */
  #take(): Waiting<Wish, Answer>[] {
    for (const { signal, reject } of this.#queue) if (signal?.aborted) reject(signal.reason);
    this.#queue = this.#queue.filter(({ signal }) => !signal?.aborted);
    return this.#queue.splice(0, this.#options.batch);
  }

  async #meet(batch: readonly Waiting<Wish, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.run(batch.map(({ wish }) => wish));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]);
    } catch (error) {
      if (error instanceof QueryError) {
        for (const [i, fault] of error.faults) batch[i].reject(new RangeError(fault.message, { cause: fault }));
        const others = batch.filter((_, i) => !error.faults.has(i));
        if (others.length > 0) await this.#meet(others);
      } else if (error instanceof RangeError && batch.length > 1) {
        const half = Math.ceil(batch.length / 2);
        await this.#meet(batch.slice(0, half));
        await this.#meet(batch.slice(half));
      } else for (const { reject } of batch) reject(error);
    }
  }
}
