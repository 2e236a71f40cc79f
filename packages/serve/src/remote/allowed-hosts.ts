import { invalid } from '../errors.ts';

/** A host of `--allow-images-from`: `images.example.com`, or with a port. */
const pattern = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

/** Hosts that images may be fetched from. */
export class AllowedHosts {
  readonly #hosts: ReadonlySet<string>;

  /** @throws RangeError for what is no host */
  constructor(hosts: readonly string[]) {
    for (const host of hosts) {
      if (!pattern.test(host.toLowerCase()))
        throw new RangeError(`expected a host, like images.example.com, found ${JSON.stringify(host)}`);
    }
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()));
  }

  get isEmpty(): boolean {
    return this.#hosts.size === 0;
  }

  /**
   * The address of an image, where its host is allowed.
   * @throws ApiError saying what is not allowed
   */
  expect(address: string, base?: URL): URL {
    if (!URL.canParse(address, base)) throw invalid('invalid_image_url', 'expected an address of an image');
    const url = new URL(address, base);
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw invalid('invalid_image_url', `images are fetched by http and https, not by ${url.protocol}`);
    if (url.username || url.password) throw invalid('invalid_image_url', 'an address of an image has no password');
    // `host` has the port where it is not the protocol's own: another port is another service.
    if (!this.#hosts.has(url.host))
      throw invalid('image_host_not_allowed', `images are not fetched from ${url.host}: send the image itself`);
    return url;
  }
}
