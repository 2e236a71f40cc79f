import { createHash, timingSafeEqual } from 'node:crypto';

/** Who may use the service. Only hashes of the keys are kept. */
export class ApiKeys {
  readonly #hashes: readonly Buffer[];

  /** @throws RangeError for one that can be guessed, or that no header can hold */
  constructor(keys: readonly string[]) {
    for (const key of keys) expectKey(key);
    this.#hashes = keys.map(hashOf);
  }

  get count(): number {
    return this.#hashes.length;
  }

  /** Whether a header `Authorization: Bearer KEY` has one of the keys. Takes as long whichever, and however much of it. */
  accept(header: string | undefined): boolean {
    const [, key = ''] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
    const hash = hashOf(key);
    let found = false;
    for (const known of this.#hashes) found = timingSafeEqual(known, hash) || found;
    return found;
  }
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

/**
 * The keys of a file: one a line, without those that begin with #.
 * @param source where the text is from, for errors
 * @throws RangeError naming it, for a key that can be guessed, or that no header can hold
 */
export function keysOf(text: string, source: string): string[] {
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const key of keys) expectKey(key, `${source}: `);
  return keys;
}

function expectKey(key: string, source = ''): void {
  if (/^[\x21-\x7e]{16,}$/.test(key)) return;
  throw new RangeError(`${source}an API key is 16 or more printable characters without blanks: openssl rand -hex 24`);
}

/** Whether an address can only be reached from this machine. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);

/** @throws RangeError for a host that others can reach, without keys */
export function expectKeys(host: string, keys: readonly string[]): void {
  if (keys.length > 0 || isLoopback(host)) return;
  throw new RangeError(`${host} can be reached from other machines: give the service API keys`);
}
