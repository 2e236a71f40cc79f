/** A shard that did not answer. */
export interface ShardFailure {
  readonly name: string;
  readonly error: Error;
}

/** Some shards of a gallery failed, or did not answer in time: their images are not in the answer. */
export class ShardError extends Error {
  override readonly name = 'ShardError';
  readonly failures: readonly ShardFailure[];

  constructor(failures: readonly ShardFailure[]) {
    super(
      `${failures.length} of the shards did not answer: ` +
        failures.map(({ name, error }) => `${name} (${messageOf(error)})`).join(', '),
      { cause: failures[0].error },
    );
    this.failures = failures;
  }
}

/** Node's error for a host with several addresses that all refuse has no message of its own. */
const messageOf = (error: Error): string =>
  error.message || (error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : error.name);

/** @throws Error where there is no answer in time; what was asked goes on */
export async function withinTime<T>(work: () => Promise<T>, timeoutMs: number | undefined): Promise<T> {
  if (timeoutMs === undefined) return work();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What shards answered.
 * @throws RangeError as a shard gave it, since what was asked is wrong; ShardError naming all shards that failed
 */
export function expectAnswers<T>(answers: readonly PromiseSettledResult<T>[], names: readonly string[]): T[] {
  const failures = answers.flatMap((answer, i) =>
    answer.status === 'rejected' ? [{ name: names[i], error: answer.reason as Error }] : [],
  );
  const wrong = failures.find(({ error }) => error instanceof RangeError);
  if (wrong) throw wrong.error;
  if (failures.length > 0) throw new ShardError(failures);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}
