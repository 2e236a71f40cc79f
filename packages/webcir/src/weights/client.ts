import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { EnvHttpProxyAgent, request } from 'undici';

/** Why a file could not be fetched, in a sentence. */
export class DownloadError extends Error {
  /** Status of the server's answer, if there was one. */
  readonly status?: number;
  /** Whether the next try may succeed. */
  readonly passing: boolean;
  /** Whether no connection could be made. */
  readonly unreachable: boolean;

  constructor(
    message: string,
    facts: { status?: number; passing?: boolean; unreachable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause });
    this.status = facts.status;
    this.passing = facts.passing ?? false;
    this.unreachable = facts.unreachable ?? false;
  }
}

/** An answer with (a part of) a file: status 200, 206 or 416. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Checksum of the whole file, where Hugging Face says it. */
  readonly sha256?: string;
}

export interface ClientOptions {
  /** Hugging Face, or a mirror of it. */
  readonly endpoint: string;
  /** Sent to the endpoint and to nobody else. */
  readonly token?: string;
  /** Milliseconds without a byte after which a connection counts as cut. */
  readonly patience?: number;
}

export interface Client {
  /**
   * Asks for a file, through redirects and the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name.
   * @param checked the checksum is known, so that nobody on the way can change the file unseen
   * @throws DownloadError for every answer without a file, and when there is no answer
   */
  get(url: string, headers: Readonly<Record<string, string>>, checked: boolean): Promise<Reply>;
  close(): Promise<void>;
}

const MAX_REDIRECTS = 10;

export function createClient({ endpoint, token, patience = 30_000 }: ClientOptions): Client {
  const hub = new URL(endpoint).origin;
  const dispatcher = new EnvHttpProxyAgent({
    headersTimeout: patience,
    bodyTimeout: patience,
    // Node gives each address of a host a quarter of a second, which is not enough from afar.
    connect: { timeout: patience, autoSelectFamilyAttemptTimeout: 2_000 },
  });
  return {
    async get(address, headers, checked) {
      let url = new URL(address);
      let sha256: string | undefined;
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        const isHub = url.origin === hub;
        if (!isHub && !checked && sha256 === undefined) expectSafe(url);
        const authorization = isHub && token ? { authorization: `Bearer ${token}` } : {};
        const reply = await request(url, { dispatcher, headers: { ...headers, ...authorization } }).catch((cause) => {
          throw noAnswer(url, cause);
        });
        // The hub's ETag is the sha256 of a large file, and something else for a small one.
        if (isHub) sha256 ??= sha256In(reply.headers['x-linked-etag'] ?? reply.headers.etag);
        const status = reply.statusCode;
        if (status === 200 || status === 206 || status === 416)
          return { status, headers: reply.headers, body: reply.body, sha256 };
        await reply.body.dump();
        if (![301, 302, 303, 307, 308].includes(status)) throw refusal(url, status, isHub);
        url = target(url, reply.headers.location);
      }
      throw new DownloadError(`${address} leads through more than ${MAX_REDIRECTS} redirects: they go in a circle`);
    },
    close: () => dispatcher.destroy(),
  };
}

/** Plain http is safe only from this machine or with a checksum: anybody on the way can put in other weights. */
function expectSafe({ protocol, hostname, href }: URL): void {
  if (protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return;
  throw new DownloadError(
    `${href} is not encrypted, so what comes may not be what was asked for: use an https:// address, or add --sha256`,
  );
}

const sha256In = (etag: string | string[] | undefined): string | undefined =>
  /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(String(etag))?.[1];

function target(from: URL, location: string | string[] | undefined): URL {
  const to = typeof location === 'string' && URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (to && /^https?:$/.test(to.protocol)) return to;
  throw new DownloadError(`${from.href} redirects to ${location ?? 'nowhere'}, which is not a web address`);
}

/** Errors of connections that broke off, rather than were never made. */
const CUT = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

function noAnswer(url: URL, cause: Error & { code?: string }): DownloadError {
  const reason = cause.code ?? cause.message;
  if (CUT.includes(reason))
    return new DownloadError(`${url.host} did not answer (${reason})`, { passing: true, cause });
  return new DownloadError(`${url.host} cannot be reached (${reason})`, { unreachable: true, cause });
}

function refusal({ href }: URL, status: number, isHub: boolean): DownloadError {
  const login = isHub
    ? 'the repository does not exist, or asks for a login: check its name, accept its terms in a browser, ' +
      'and set HF_TOKEN'
    : 'it asks for a login: download it in a browser';
  const reasons: Record<number, string> = {
    401: login,
    403: login,
    404: 'there is no such file',
    429: 'too many requests',
  };
  const passing = status >= 500 || status === 408 || status === 429;
  const reason = reasons[status] ?? (status >= 500 ? 'the server has a problem: try again later' : 'no file came');
  return new DownloadError(`${href}: status ${status}, ${reason}`, { status, passing });
}
