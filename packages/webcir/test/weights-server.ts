// A web server with a file on it that misbehaves as servers and networks do.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestServer {
  readonly url: string;
  /** Every request so far. */
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

export async function startServer(
  handle: (request: IncomingMessage, response: ServerResponse, index: number) => void,
): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handle(request, response, requests.length - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Manners {
  /** ETag; none is sent unless given. */
  readonly etag?: string;
  readonly ignoreRange?: boolean;
  readonly ignoreIfRange?: boolean;
  /** Closes the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Says nothing more after so many bytes, and keeps the connection open. */
  readonly stallAfter?: number;
  /** What Content-Length says, and Content-Range as the size of the file, instead of the truth. */
  readonly length?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a file, by the rules of HTTP but for the `manners`. */
export function sendFile(
  { headers: asked }: IncomingMessage,
  response: ServerResponse,
  file: Uint8Array,
  manners: Manners = {},
): void {
  const { etag, ignoreRange, ignoreIfRange, cutAfter, stallAfter, length, headers } = manners;
  const range = /^bytes=(\d+)-$/.exec(asked.range ?? '');
  const same = ignoreIfRange || asked['if-range'] === undefined || asked['if-range'] === etag;
  const from = range && same && !ignoreRange ? Number(range[1]) : 0;
  response.setHeaders(new Map(Object.entries({ ...(etag ? { etag } : {}), ...headers })));
  if (from >= file.length && from > 0) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
    return;
  }
  const rest = file.subarray(from);
  response.setHeader('content-length', length ?? rest.length);
  if (from > 0) {
    response.setHeader('content-range', `bytes ${from}-${file.length - 1}/${length ?? file.length}`);
    response.statusCode = 206;
  }
  const end = cutAfter ?? stallAfter ?? length ?? rest.length;
  if (end >= rest.length && length === undefined) response.end(rest);
  else if (stallAfter !== undefined) response.write(rest.subarray(0, end));
  else response.write(rest.subarray(0, end), () => response.destroy());
}
