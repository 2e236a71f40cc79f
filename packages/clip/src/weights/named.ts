/** Runs `work`; its errors, those of a promise too, then begin with the name of what was read. */
export function named<T>(name: string, work: () => T): T {
  const blame = (cause: unknown): never => {
    throw new Error(`${name}: ${(cause as Error).message}`, { cause });
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(blame) as T) : result;
  } catch (cause) {
    return blame(cause);
  }
}
