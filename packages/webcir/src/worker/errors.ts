/** An error on its way between threads: cloned, it would lose the name of its class. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export function sendable(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined };
  const { name, message, stack } = error;
  return { name, message, stack };
}

/** Classes that every thread has; errors of others are told by their names. */
const CLASSES: Readonly<Record<string, new (message: string) => Error>> = { RangeError, SyntaxError, TypeError };

export function revived({ name, message, stack }: SentError): Error {
  const error = new (CLASSES[name] ?? Error)(message);
  Object.defineProperties(error, {
    name: { value: name, configurable: true, writable: true },
    stack: { value: stack, configurable: true, writable: true },
  });
  return error;
}
