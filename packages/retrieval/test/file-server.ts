// A web server that counts the bytes of files that it sends, and misbehaves as servers and networks do.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** How a file is served; by the rules of HTTP unless it says otherwise. */
export interface Served {
  readonly bytes: Uint8Array;
  readonly etag?: string | undefined;
  readonly modified?: string;
  readonly type?: string;
  readonly knowsNoRanges?: boolean;
  readonly ignoresIfRange?: boolean;
  /** Bytes of a range, at most: a longer one is cut short. */
  readonly longestRange?: number;
  /** Closes the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Says nothing more after so many bytes of the body, and keeps the connection open. */
  readonly stallAfter?: number;
  /** Answers so, with no body. */
  readonly status?: number;
  /** Compresses whatever it sends. */
  readonly compresses?: boolean;
  /** Milliseconds between pieces of 64 KiB. */
  readonly pause?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was asked for, and sent. */
export interface Sent {
  readonly path: string;
  readonly method: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  /** Bytes of the body. */
  bytes: number;
}

export interface FileServer {
  readonly url: string;
  readonly sent: Sent[];
  /** Bytes of all bodies. */
  bytesSent(): number;
  close(): Promise<void>;
}

/** @param serve says how a path is served; `count` requests for it came before */
export async function startFileServer(serve: (path: string, count: number) => Served | undefined): Promise<FileServer> {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname;
    const count = sent.filter((before) => before.path === path).length;
    const { range, 'if-range': ifRange } = request.headers;
    const entry: Sent = { path, method: request.method!, range, ifRange: ifRange as string | undefined, bytes: 0 };
    sent.push(entry);
    void send(request, response, serve(path, count) ?? { bytes: new Uint8Array(), status: 404 }, entry);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    bytesSent: () => sent.reduce((sum, { bytes }) => sum + bytes, 0),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function send(request: IncomingMessage, response: ServerResponse, served: Served, entry: Sent): Promise<void> {
  const { bytes, etag, modified, type = 'application/octet-stream', status, headers } = served;
  response.setHeader('content-type', type);
  if (etag) response.setHeader('etag', etag);
  if (modified) response.setHeader('last-modified', modified);
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (status !== undefined) {
    response.writeHead(status).end();
    return;
  }
  const [, start, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const known = entry.ifRange === undefined || served.ignoresIfRange || [etag, modified].includes(entry.ifRange);
  const isRange = start !== undefined && known && !served.knowsNoRanges;
  const from = isRange ? Number(start) : 0;
  if (isRange && from >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const asked = isRange && last ? Math.min(Number(last) + 1, bytes.length) : bytes.length;
  const to = isRange ? Math.min(asked, from + (served.longestRange ?? bytes.length)) : asked;
  if (isRange) response.setHeader('content-range', `bytes ${from}-${to - 1}/${bytes.length}`);
  if (served.compresses) response.setHeader('content-encoding', 'gzip');
  const whole = served.compresses ? gzipSync(bytes.subarray(from, to)) : bytes.subarray(from, to);
  response.writeHead(isRange ? 206 : 200, { 'content-length': whole.length });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const body = whole.subarray(0, served.cutAfter ?? served.stallAfter ?? whole.length);
  for (let at = 0; at < body.length && !response.destroyed; at += 1 << 16) {
    const piece = body.subarray(at, at + (1 << 16));
    await new Promise((resolve) => response.write(piece, resolve));
    entry.bytes += piece.length;
    if (served.pause) await new Promise((resolve) => setTimeout(resolve, served.pause));
  }
  if (served.stallAfter !== undefined) return;
  if (body.length < whole.length) response.destroy();
  else response.end();
}
