import { DeviceLostError, GpuError } from '@webcir/kernels';
import { type CheckedQuery, checkQuery, type Query } from './query.ts';

/** Queries of a batch that cannot be composed, whatever becomes of the others. */
export class QueryError extends RangeError {
  /** Index of the first query at fault. */
  readonly query: number;
  /** Why, by the index of each query at fault. The others can be composed without them. */
  readonly faults: ReadonlyMap<number, Error>;

  constructor(faults: ReadonlyMap<number, Error>) {
    const query = Math.min(...faults.keys());
    const cause = faults.get(query)!;
    const others = faults.size === 1 ? '' : ` (and ${faults.size - 1} more of the queries cannot be composed)`;
    super(`queries[${query}]: ${cause.message}${others}`, { cause });
    this.name = 'QueryError';
    this.query = query;
    this.faults = faults;
  }
}

/** What is wrong with the queries of a batch, as it is found. */
export class Faults {
  readonly #errors = new Map<number, Error>();

  /** Does something for one query: what it throws is that query's fault, unless it is the device's. */
  attempt<T>(query: number, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      return this.#add(query, error);
    }
  }

  /** `attempt` for what takes its time. */
  async attemptAsync<T>(query: number, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      return this.#add(query, error);
    }
  }

  /** @throws QueryError where there are any */
  expectNone(): void {
    if (this.#errors.size > 0) throw new QueryError(this.#errors);
  }

  #add(query: number, error: unknown): undefined {
    if (isOfDevice(error)) throw error;
    this.#errors.set(query, error as Error);
  }
}

/** Looks over the queries of a batch. @throws QueryError naming those with a part that is out of range */
export function checkQueries(queries: readonly Query[]): CheckedQuery[] {
  const faults = new Faults();
  const checked = queries.flatMap((query, i) => faults.attempt(i, () => checkQuery(query)) ?? []);
  faults.expectNone();
  return checked;
}

/** Whether an error is the device's, and not that of what it was given. */
export const isOfDevice = (error: unknown): boolean => error instanceof GpuError || error instanceof DeviceLostError;
