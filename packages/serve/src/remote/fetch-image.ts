import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { get as getHttp, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { get as getHttps, Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { ApiError, invalid } from '../errors.ts';
import { AllowedHosts } from './allowed-hosts.ts';
import { isPublicAddress } from './public-address.ts';

/** How images are fetched. */
export interface RemoteOptions {
  /** Hosts that images may be fetched from, with a port where it is not the protocol's own; none unless given. */
  readonly hosts: readonly string[];
  /** Bytes of an image, at most. */
  readonly bytes: number;
  /** Milliseconds for an image with all redirects. */
  readonly timeout?: number;
  /** Addresses that may be connected to: those of the public internet unless given. */
  isAllowed?(address: string): boolean;
  /** The addresses of a host; the system's resolver unless given. */
  resolve?(host: string): Promise<readonly LookupAddress[]>;
}

const redirects = 3;
const isRedirect = (status: number) => [301, 302, 303, 307, 308].includes(status);

/**
 * Fetches images from hosts that are allowed by name, and only from public addresses. A name is resolved once, its
 * addresses are looked at, and the connection goes to one of these and to no other, so that a name which resolves to
 * something else a moment later changes nothing. Each redirect is looked at in the same way.
 */
export class RemoteImages {
  readonly #hosts: AllowedHosts;
  readonly #options: RemoteOptions;
  readonly #agents: { readonly http: HttpAgent; readonly https: HttpsAgent };

  constructor(options: RemoteOptions) {
    this.#options = options;
    this.#hosts = new AllowedHosts(options.hosts);
    const shared = { maxSockets: 8, lookup: this.#checkedLookup };
    this.#agents = { http: new HttpAgent(shared), https: new HttpsAgent(shared) };
  }

  /**
   * @param address of the image
   * @param signal ends when it is not wanted any more
   * @throws ApiError naming what is not allowed, or saying that the host does not give an image
   */
  async fetch(address: string, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.#hosts.isEmpty) throw invalid('remote_images_off', 'images are not fetched here: send the image itself');
    const timeout = AbortSignal.timeout(this.#options.timeout ?? 10_000);
    const until = signal ? AbortSignal.any([signal, timeout]) : timeout;
    let url = this.#hosts.expect(address);
    for (let hop = 0; hop <= redirects; hop++) {
      const found = await this.#get(url, until);
      if (found instanceof Uint8Array) return found;
      url = this.#hosts.expect(found, url);
    }
    throw invalid('image_not_fetched', `${url.host} redirects more than ${redirects} times`);
  }

  /** Lets go of connections. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** The bytes of an image, or where it is said to be. */
  async #get(url: URL, signal: AbortSignal): Promise<Uint8Array | string> {
    // A connection to an address that is written as numbers asks no resolver.
    const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(literal)) this.#expectAllowed(literal, url.hostname);
    try {
      const response = await this.#request(url, signal);
      const { statusCode = 0, headers } = response;
      if (isRedirect(statusCode) && headers.location !== undefined) {
        response.destroy();
        return headers.location;
      }
      if (statusCode !== 200) {
        response.destroy();
        throw invalid('image_not_fetched', `${url.host} answers ${statusCode}`);
      }
      return await this.#read(response, url);
    } catch (error) {
      throw refusal(error, url);
    }
  }

  #request(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'webcir' };
    const [get, agent] = url.protocol === 'https:' ? [getHttps, this.#agents.https] : [getHttp, this.#agents.http];
    return new Promise((resolve, reject) => {
      get(url, { agent, headers, signal, maxHeaderSize: 16_384 }, resolve).on('error', reject);
    });
  }

  async #read(body: AsyncIterable<Uint8Array>, url: URL): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of body) {
      size += piece.length;
      if (size > this.#options.bytes) {
        throw invalid('image_too_large', `an image of ${url.host} has more than ${this.#options.bytes} bytes`);
      }
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  /** What the sockets ask instead of the system: an address that is not allowed never reaches them. */
  readonly #checkedLookup: LookupFunction = (host, { all }, callback) => {
    const { resolve = resolveAll } = this.#options;
    resolve(host).then(
      (addresses) => {
        try {
          if (addresses.length === 0) throw invalid('image_not_fetched', `${host} has no address`);
          for (const { address } of addresses) this.#expectAllowed(address, host);
        } catch (error) {
          return callback(error as Error, []);
        }
        if (all) callback(null, [...addresses]);
        else callback(null, addresses[0].address, addresses[0].family);
      },
      (error) => callback(error, []),
    );
  };

  /** The address itself is not told: it is the business of this network. */
  #expectAllowed(address: string, host: string): void {
    const { isAllowed = isPublicAddress } = this.#options;
    if (!isAllowed(address))
      throw invalid('image_host_not_allowed', `images are not fetched from ${host}: its address is not a public one`);
  }
}

const resolveAll = (host: string): Promise<LookupAddress[]> =>
  new Promise((resolve, reject) =>
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    ),
  );

function refusal(error: unknown, url: URL): ApiError {
  if (error instanceof ApiError) return error;
  const { name, code, cause } = error as Error & { code?: string };
  const isLate = [name, (cause as Error | undefined)?.name].includes('TimeoutError');
  const reason = isLate ? 'takes too long' : `cannot be reached (${code ?? name})`;
  return new ApiError(400, 'image_not_fetched', `${url.host} ${reason}`, { cause: error });
}
