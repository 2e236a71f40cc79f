import { type Answer, askForBytes, NoAnswerError, sameVersion, type Version } from './ask.ts';

/** What takes the bytes of an address as they come. */
export interface Sink {
  /** First byte that is still missing. */
  readonly next: number;
  /** The byte after the last one that is wanted, once it is known. */
  readonly end: number | undefined;
  /** The version of the file that the bytes so far belong to. */
  readonly version: Version | undefined;
  /** Whether bytes may be put together where the server says nothing of versions: a checksum will tell. */
  readonly isChecked: boolean;
  /** The file has changed, or its server knows no ranges: begins at byte 0. @throws where that will not do */
  restart(): Promise<void>;
  /** Looks at an answer that begins at `next`, before its body comes. @throws where it will not do */
  accept(answer: Answer): Promise<void>;
  take(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Called when a connection ends, however it does. */
  pause(): Promise<void>;
}

export interface ReceiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** As for `fetch`. */
  readonly cache?: RequestCache | undefined;
  /** Milliseconds without a byte after which a connection counts as cut: 30 s unless given. */
  readonly patience?: number;
}

/** Tries in a row that bring nothing new: with waits of 0.5, 1 and 2 s, they last some seconds. */
const MAX_TRIES = 4;
const FIRST_WAIT = 500;

/**
 * Fetches what a sink misses. Where a connection is cut, another one goes on from there.
 * @throws NoAnswerError when the address cannot be fetched, or nothing more came in a few tries; what the sink throws
 */
export async function receive(address: string | URL, sink: Sink, options: ReceiveOptions = {}): Promise<void> {
  let fruitless = 0;
  let furthest = sink.next;
  for (let reached = false; ; ) {
    try {
      return await connect(address, sink, options, () => (reached = true));
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      if (!error.isPassing && !(error.status === undefined && reached)) throw error;
      fruitless = sink.next > furthest ? 0 : fruitless + 1;
      furthest = Math.max(furthest, sink.next);
      if (fruitless === MAX_TRIES) throw givenUp(error, sink);
      if (fruitless > 0) await sleep(FIRST_WAIT * 2 ** (fruitless - 1), options.signal);
    }
  }
}

/** Uses one connection. */
async function connect(
  address: string | URL,
  sink: Sink,
  options: ReceiveOptions,
  onReached: () => void,
): Promise<void> {
  const { next: from, end: to, version } = sink;
  const answer = await askForBytes(address, { ...options, from, to, version }).catch((error) => {
    if (from > 0 && (error as NoAnswerError).status === 416) return undefined; // the file is shorter now
    throw error;
  });
  const body = answer?.response.body;
  try {
    if (!answer || !follows(sink, answer)) await sink.restart();
    if (answer?.from === sink.next) await sink.accept(answer);
  } catch (error) {
    await body?.cancel();
    throw error;
  }
  if (answer?.from !== sink.next) {
    await body?.cancel();
    return connect(address, sink, options, onReached);
  }
  onReached();
  const { signal, patience = 30_000 } = options;
  const onBroken = (cause: unknown): never => {
    signal?.throwIfAborted();
    throw cut(address, sink, cause);
  };
  try {
    if (body) await eachChunk(body, (bytes) => sink.take(bytes), { patience, onBroken });
  } finally {
    await sink.pause();
  }
  if (sink.next < (sink.end ?? 0)) throw cut(address, sink);
}

/** Whether an answer goes on where the sink ends, in the same version of the file. */
const follows = ({ next, version, isChecked }: Sink, answer: Answer): boolean =>
  answer.from === next && (version === undefined || (sameVersion(version, answer.version) ?? isChecked));

const cut = (address: string | URL, { next, end }: Sink, cause?: unknown): NoAnswerError =>
  new NoAnswerError(
    `${address}: the connection was cut at byte ${next}${end === undefined ? '' : ` of ${end}`}: try again later`,
    { isPassing: true, cause },
  );

const givenUp = ({ message, status }: NoAnswerError, { next, end }: Sink): NoAnswerError =>
  new NoAnswerError(
    `${message}; ${MAX_TRIES} tries have brought nothing beyond byte ${next}${end === undefined ? '' : ` of ${end}`}`,
    { status },
  );

interface ChunkOptions {
  /** Milliseconds that a chunk may take to come. */
  readonly patience?: number;
  /** Called when there will be no more, though it is not the end. */
  onBroken?(cause: unknown): never;
}

/** Hands on the chunks of a stream one after the other: not every browser can loop over the stream itself. */
export async function eachChunk(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>,
  { patience, onBroken }: ChunkOptions = {},
): Promise<void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), patience).catch(onBroken);
      if (done) return;
      await take(value);
    }
  } catch (error) {
    void reader.cancel(error).catch(() => {});
    throw error;
  }
}

/** What a promise gives, unless it takes longer than it may. */
async function within<T>(promise: Promise<T>, patience: number | undefined): Promise<T> {
  if (patience === undefined) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${patience / 1000} s`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
