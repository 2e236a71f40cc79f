import { existsSync, statfsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { standIn } from '@webcir/clip';
import { placeOf } from '@webcir/clip/node';
import { formatBytes } from '../progress.ts';
import { type Client, DownloadError, type Reply } from './client.ts';
import { type Entity, Part, sha256Of } from './part.ts';

export interface Source {
  readonly url: string;
  /** Checksum, if it is known beforehand. */
  readonly sha256?: string;
}

export interface Progress {
  /** @param size in bytes, if the server said it */
  received(bytes: number, size: number | undefined): void;
  /** The connection was cut; the next try is in so many seconds. */
  waiting(reason: string, seconds: number): void;
}

export interface Downloaded {
  /** Whether the file was there before; 'unchecked' when it was, but the server could not be asked about it. */
  readonly was: 'fetched' | 'there' | 'unchecked';
  readonly bytes: number;
  readonly sha256?: string;
}

/** Tries in a row that bring nothing new: with waits of 1, 2, 4, … seconds, they last a minute. */
const MAX_TRIES = 7;

/**
 * Fetches a file so that `named` only ever holds all of it. A download that was cut off, here or in an earlier run that
 * was killed, goes on where it stopped; a file without the expected checksum, or the size that the server says, is not
 * kept. A link stays a link: the file that it leads to is the one that is fetched.
 * Fails while another process fetches the same file.
 * @param firstWait milliseconds before the second try; doubled for each further one
 * @throws DownloadError
 */
export async function download(
  client: Client,
  source: Source,
  named: string,
  progress: Progress,
  firstWait = 1_000,
): Promise<Downloaded> {
  const place = await placeOf(named);
  if (place.kind !== 'file') throw new DownloadError(`${named} is no file: choose another folder with --out`);
  const { path } = place;
  const there = existsSync(path) ? await checkExisting(client, source, path) : undefined;
  if (there) return there;
  await mkdir(dirname(path), { recursive: true });
  const part = await Part.open(path, source.url);
  try {
    let fruitless = 0;
    let furthest = part.bytes;
    let reached = false;
    while (true) {
      try {
        await fetchRest(client, source, part, (bytes, size) => {
          reached = true;
          progress.received(bytes, size);
        });
        expectRight(source, part, path);
        break;
      } catch (error) {
        const { passing, unreachable, message } = error as DownloadError;
        if (!(passing || (unreachable && reached))) throw error;
        fruitless = part.bytes > furthest ? 0 : fruitless + 1;
        furthest = Math.max(furthest, part.bytes);
        if (fruitless === MAX_TRIES) throw givenUp(path, part, error as DownloadError);
        const wait = firstWait * 2 ** Math.max(0, fruitless - 1);
        progress.waiting(message, wait / 1000);
        await sleep(wait);
      }
    }
    const sha256 = part.sha256();
    part.finish(path);
    return { was: 'fetched', bytes: part.bytes, sha256 };
  } finally {
    part.close();
  }
}

/** Whether the file that is there is the one asked for: by its checksum, else by its size. */
async function checkExisting(client: Client, { url, sha256 }: Source, path: string): Promise<Downloaded | undefined> {
  const { size: bytes } = await stat(path);
  const expected = sha256 ? { sha256 } : await ask(client, url);
  if (!expected) return { was: 'unchecked', bytes };
  const right = expected.sha256 ? (await sha256Of(path)) === expected.sha256 : expected.size === bytes;
  return right ? { was: 'there', bytes, sha256: expected.sha256 } : undefined;
}

async function ask(client: Client, url: string): Promise<Entity | undefined> {
  try {
    const reply = await client.get(url, {}, false);
    abandon(reply.body);
    return entityOf(reply);
  } catch (error) {
    if ((error as DownloadError).unreachable) return undefined;
    throw error;
  }
}

/** Uses one connection: whatever it brings is in the part afterwards. */
async function fetchRest(client: Client, source: Source, part: Part, received: Progress['received']): Promise<void> {
  const checked = source.sha256 ?? part.entity.sha256;
  // Needs one of them, or nothing would show that the rest belongs to another version of the file.
  if (part.bytes > 0 && part.entity.etag === undefined && checked === undefined) part.restart();
  if (part.bytes > (part.entity.size ?? Number.POSITIVE_INFINITY)) part.restart();
  if (part.bytes > 0 && part.bytes === part.entity.size) return;

  const reply = await client.get(source.url, rangeHeaders(part), source.sha256 !== undefined);
  const { body } = reply;
  if (part.bytes > 0 && !continues(reply, part)) {
    part.restart();
    if (reply.status !== 200) {
      abandon(body);
      return fetchRest(client, source, part, received);
    }
  }
  try {
    if (part.bytes === 0) {
      expectFile(source, reply);
      part.describe(entityOf(reply));
    } else {
      part.inPieces = true;
    }
    expectSpace(part);
  } catch (error) {
    abandon(body);
    throw error;
  }
  const { size } = part.entity;
  received(part.bytes, size);
  await consume(body, (chunk) => {
    part.append(chunk);
    received(part.bytes, size);
  });
  if (part.bytes < (size ?? 0)) throw new DownloadError('the connection was closed too early', { passing: true });
}

/** Hands on every byte that comes, including the last ones before the connection breaks. */
async function consume(body: Readable, write: (chunk: Uint8Array) => void): Promise<void> {
  let failed: Error | undefined;
  body.on('data', (chunk: Uint8Array) => {
    try {
      if (!failed) write(chunk);
    } catch (error) {
      failed = error as Error;
      body.destroy(failed);
    }
  });
  try {
    await finished(body);
  } catch (cause) {
    if (failed) throw failed;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DownloadError(`the connection was cut (${code ?? message})`, { passing: true, cause });
  }
}

/** Drops an answer whose body is not wanted. */
const abandon = (body: Readable): Readable => body.on('error', () => {}).destroy();

const rangeHeaders = ({ bytes, entity: { etag } }: Part): Record<string, string> =>
  bytes === 0 ? {} : { range: `bytes=${bytes}-`, ...(etag === undefined ? {} : { 'if-range': etag }) };

/** Whether an answer goes on where the part ends, in the same version of the file. */
function continues(reply: Reply, { bytes, entity }: Part): boolean {
  const [, from, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(reply.headers['content-range'] ?? '') ?? [];
  const { etag, sha256 } = entityOf(reply);
  const same = <T>(before: T | undefined, now: T | undefined) =>
    before === undefined || now === undefined || before === now;
  return (
    reply.status === 206 &&
    Number(from) === bytes &&
    same(entity.size, size === '*' ? undefined : Number(size)) &&
    same(entity.etag, etag) &&
    same(entity.sha256, sha256)
  );
}

function entityOf({ status, headers, sha256 }: Reply): Entity {
  const { etag } = headers;
  // The length of a compressed answer is not that of the file.
  const size = status === 200 && !headers['content-encoding'] ? headers['content-length'] : undefined;
  return {
    etag: etag?.startsWith('"') ? etag : undefined,
    size: size === undefined ? undefined : Number(size),
    sha256,
  };
}

function expectFile({ url }: Source, { status, headers }: Reply): void {
  if (status !== 200) throw new DownloadError(`${url}: status ${status}, which was not asked for`, { status });
  if (/^text\/html/i.test(headers['content-type'] ?? ''))
    throw new DownloadError(
      `${url} is a web page, not a file of weights: perhaps one with a button to download, or to log in`,
    );
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new DownloadError(`${url} came compressed (${encoding}), which was not asked for: download it in a browser`);
}

function expectSpace({ bytes, entity: { size }, path }: Part): void {
  if (size === undefined) return;
  const folder = dirname(path);
  const { bavail, bsize } = statfsSync(folder);
  if (size - bytes > bavail * bsize)
    throw new DownloadError(
      `${folder}: ${formatBytes(size - bytes)} are needed and ${formatBytes(bavail * bsize)} are free: ` +
        'make room, or choose another folder with --out',
    );
}

/** @throws unless it is the file asked for; one that came in several pieces may be right when it comes in one */
function expectRight(source: Source, part: Part, path: string): void {
  if (part.bytes === 0) throw new DownloadError(`${source.url} is empty`);
  const expected = source.sha256 ?? part.entity.sha256;
  const found = part.sha256();
  const other = expected === undefined ? standIn(part.start()) : undefined;
  if (other !== undefined) {
    part.restart();
    throw new DownloadError(`${source.url}: expected a file of weights, found ${other}`);
  }
  if (expected === undefined || found === expected) return;
  const passing = part.inPieces;
  part.restart();
  throw new DownloadError(
    `${basename(path)}: the sha256 of what came from ${source.url} is ${found}, expected ${expected}: ` +
      'it was damaged or changed on the way and has been deleted; try again, or download it elsewhere',
    { passing },
  );
}

function givenUp(path: string, { bytes, entity: { size } }: Part, cause: DownloadError): DownloadError {
  const of = size === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(size)}`;
  const next = bytes > 0 ? `${path}.part holds ${of}: the same command goes on from there` : 'try again later';
  return new DownloadError(`${basename(path)}: ${cause.message}, ${MAX_TRIES} times in a row; ${next}`, {
    status: cause.status,
    cause,
  });
}
