import { UNREACHABLE } from '../source.ts';

/** What tells one version of a file from another. */
export interface Version {
  readonly etag?: string | undefined;
  /** The server's `Last-Modified`. */
  readonly modified?: string | undefined;
  /** Size of the whole file in bytes. */
  readonly size?: number | undefined;
}

/** An answer whose body has not been read yet. */
export interface Answer {
  readonly response: Response;
  /** Byte of the file at which the body begins. */
  readonly from: number;
  readonly version: Version;
}

/** What is asked for. */
export interface Question {
  /** First byte. */
  readonly from: number;
  /** The byte after the last one; the end of the file unless given. */
  readonly to?: number | undefined;
  /** What is known of the file: another version is to come whole. */
  readonly version?: Version | undefined;
  readonly signal?: AbortSignal | undefined;
  /** As for `fetch`. */
  readonly cache?: RequestCache | undefined;
}

/** An address gave nothing, or not all of it; the message says why, and what to do. */
export class NoAnswerError extends Error {
  override name = 'NoAnswerError';
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined;
  /** Whether the next try may succeed. */
  readonly isPassing: boolean;

  constructor(message: string, { status, isPassing = false, cause }: NoAnswerFacts = {}) {
    super(message, { cause });
    this.status = status;
    this.isPassing = isPassing;
  }
}

interface NoAnswerFacts {
  readonly status?: number | undefined;
  readonly isPassing?: boolean;
  readonly cause?: unknown;
}

/**
 * Asks for an address.
 * @throws NoAnswerError unless there is an answer of success; what `signal` is aborted with
 */
export async function ask(address: string | URL, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(address, options).catch((cause: Error) => {
    options.signal?.throwIfAborted();
    const offline = globalThis.navigator?.onLine === false;
    const remedy = offline ? 'this device is offline' : UNREACHABLE;
    throw new NoAnswerError(`${address} cannot be fetched (${cause.message}): ${remedy}`, { cause });
  });
  const { ok, status } = response;
  if (ok) return response;
  await response.body?.cancel();
  const isPassing = status >= 500 || status === 408 || status === 429;
  const remedy = isPassing ? 'try again later' : 'is the address right?';
  throw new NoAnswerError(`${address} answered HTTP ${status}: ${remedy}`, { status, isPassing });
}

/**
 * Asks for bytes of an address. Range requests are never compressed, so that offsets are those of the file, and the
 * size is known; a server that knows no ranges answers with the whole file.
 * @throws NoAnswerError where `ask` does, and for a range that comes compressed
 */
export async function askForBytes(address: string | URL, question: Question): Promise<Answer> {
  const { from, to, version, signal, cache } = question;
  const headers: Record<string, string> = { range: `bytes=${from}-${to === undefined ? '' : to - 1}` };
  const known = strongEtag(version) ?? version?.modified;
  // To another site, this header costs a request that asks for permission: what comes is compared in any case.
  if (from > 0 && known !== undefined && isOwnSite(address)) headers['if-range'] = known;
  const response = await ask(address, { headers, ...(signal && { signal }), ...(cache && { cache }) });
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  const isWhole = response.status !== 206;
  if (!isWhole && encoding !== 'identity') {
    await response.body?.cancel();
    throw new NoAnswerError(
      `${address}: a range came compressed (${encoding}), which was not asked for: serve the file as it is`,
    );
  }
  const said = versionOf(response);
  if (isWhole) return { response, from: 0, version: said };
  const [, start = from] = contentRange(response) ?? [];
  // A server on another site may show the length of its answer alone.
  const length = response.headers.get('content-length');
  const size = said.size ?? (to === undefined && length !== null ? from + Number(length) : undefined);
  return { response, from: Number(start), version: { ...said, size } };
}

/** What the headers of an answer say of the whole file. */
export function versionOf(response: Response): Version {
  const { status, headers } = response;
  // The length of a compressed answer is not that of the file.
  const length = headers.has('content-encoding') ? undefined : headers.get('content-length');
  const size = status === 206 ? contentRange(response)?.[2] : length;
  return {
    etag: headers.get('etag') ?? undefined,
    modified: headers.get('last-modified') ?? undefined,
    size: size ? Number(size) : undefined,
  };
}

/** The first byte of a range, and the size of the file that it is of where the server says it. */
const contentRange = ({ headers }: Response): RegExpExecArray | null =>
  /^bytes (\d+)-\d+\/(?:(\d+)|\*)$/.exec(headers.get('content-range') ?? '');

/**
 * Whether two answers are about one version of a file, as far as they say: an ETag goes before a date, and that before
 * the size. Undefined where they say nothing that compares.
 */
export function sameVersion(a: Version, b: Version): boolean | undefined {
  if (a.size !== undefined && b.size !== undefined && a.size !== b.size) return false;
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag;
  if (a.modified !== undefined && b.modified !== undefined) return a.modified === b.modified;
  return undefined;
}

/** An ETag that changes with every byte; others cannot tell whether two parts belong together. */
const strongEtag = (version: Version | undefined): string | undefined =>
  version?.etag?.startsWith('"') ? version.etag : undefined;

/** Whether requests need nobody's permission: in Node, or to the page's own server. */
function isOwnSite(address: string | URL): boolean {
  const { location } = globalThis;
  return location === undefined || new URL(address, location.href).origin === location.origin;
}
