// Pictures fetched from elsewhere: what is never connected to, and that the connection goes where the check was.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { RemoteImages, type RemoteOptions } from '../src/remote/fetch-image.ts';
import { isPublicAddress } from '../src/remote/public-address.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server on this machine. @returns its port, and the number of requests that it got */
async function serve(listener: RequestListener, host = '127.0.0.1') {
  const seen = { port: 0, requests: 0, connections: 0 };
  const server = createServer((request, response) => {
    seen.requests++;
    listener(request, response);
  });
  server.on('connection', () => seen.connections++);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  servers.push(server);
  seen.port = (server.address() as AddressInfo).port;
  return seen;
}

const picture: RequestListener = (_, response) => response.end('picture');

/** For tests alone, this machine's first address is one of the public internet. */
const alsoLocal = (address: string) => address === '127.0.0.1' || isPublicAddress(address);
const to = (...addresses: string[]) =>
  Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

async function outcome(options: Omit<RemoteOptions, 'bytes'> & { bytes?: number }, address: string): Promise<string> {
  const images = new RemoteImages({ bytes: 100, timeout: 2000, ...options });
  try {
    return Buffer.from(await images.fetch(address)).toString();
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    images.close();
  }
}

describe('a public address', () => {
  it.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946', '::ffff:8.8.8.8'])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
  it.each([
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '192.0.0.1', '192.0.2.1', '198.18.0.1', '203.0.113.9', '224.0.0.1'],
    ...['240.0.0.1', '255.255.255.255', '::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1'],
    ...['fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1', '64:ff9b::7f00:1'],
    ...['2002:7f00:1::', '2001:0:1::1', '::127.0.0.1', '0177.0.0.1', '2130706433', '127.1', 'localhost', ''],
  ])('is not %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('pictures from elsewhere', () => {
  it('come from hosts that are allowed by name', async () => {
    const { port } = await serve(picture);
    const hosts = [`pictures.test:${port}`];
    const local = { hosts, resolve: () => to('127.0.0.1'), isAllowed: alsoLocal };
    expect(await outcome(local, `http://pictures.test:${port}/a.png`)).toBe('picture');
    expect(await outcome(local, `http://Pictures.Test:${port}/a.png`)).toBe('picture');
    expect(await outcome(local, `http://other.test:${port}/a.png`)).toBe('image_host_not_allowed');
    expect(await outcome(local, 'http://pictures.test/a.png')).toBe('image_host_not_allowed'); // another port
    expect(await outcome(local, `http://pictures.test:${port}@other.test/`)).toBe('invalid_image_url');
    expect(await outcome(local, `file://pictures.test:${port}/etc/passwd`)).toBe('invalid_image_url');
    expect(await outcome({ ...local, hosts: [] }, `http://pictures.test:${port}/`)).toBe('remote_images_off');
  });

  it.each([
    ...['127.0.0.1', '2130706433', '0x7f000001', '0177.0.0.1', '017700000001', '127.1', '0'],
    ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '169.254.169.254', '10.0.0.1', 'localhost'],
  ])('never come from %s, even if it is on the list', async (host) => {
    const seen = await serve(picture, '0.0.0.0');
    const address = `http://${host}:${seen.port}/`;
    const hosts = [`${host}:${seen.port}`, new URL(address).host]; // as it is written, and as a URL has it
    expect(await outcome({ hosts }, address)).toBe('image_host_not_allowed');
    expect(seen.connections).toBe(0);
  });

  it.each([
    [['127.0.0.1']],
    [['10.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['169.254.169.254']],
    [['8.8.8.8', '127.0.0.1']], // one that is public does not make the other so
  ])('never come from a name that resolves to %j', async (addresses) => {
    const seen = await serve(picture);
    const hosts = [`pictures.test:${seen.port}`];
    const found = await outcome({ hosts, resolve: () => to(...addresses) }, `http://pictures.test:${seen.port}/`);
    expect(found).toBe('image_host_not_allowed');
    expect(seen.connections).toBe(0);
  });

  it('come over a connection to the address that was looked at: a name is resolved once', async () => {
    const seen = await serve(picture);
    let resolved = 0;
    // As a server of names answers that wants to be believed first.
    const resolve = () => to(resolved++ === 0 ? '127.0.0.1' : '127.0.0.2');
    const hosts = [`pictures.test:${seen.port}`];
    const found = await outcome({ hosts, resolve, isAllowed: alsoLocal }, `http://pictures.test:${seen.port}/`);
    expect([found, resolved, seen.requests]).toEqual(['picture', 1, 1]);
  });

  it('are not followed to where they may not come from', async () => {
    const inner = await serve(picture, '0.0.0.0');
    for (const [location, code] of [
      [`http://127.0.0.1:${inner.port}/`, 'image_host_not_allowed'],
      [`http://2130706433:${inner.port}/`, 'image_host_not_allowed'],
      [`http://inner.test:${inner.port}/`, 'image_host_not_allowed'],
      [`//other.test:${inner.port}/`, 'image_host_not_allowed'],
      ['file:///etc/passwd', 'invalid_image_url'],
      ['http://', 'invalid_image_url'],
    ]) {
      const outer = await serve((_, response) => response.writeHead(302, { location }).end());
      const options = {
        hosts: [`pictures.test:${outer.port}`, `inner.test:${inner.port}`],
        resolve: (host: string) => to(host === 'inner.test' ? '127.0.0.2' : '127.0.0.1'),
        isAllowed: alsoLocal,
      };
      expect(await outcome(options, `http://pictures.test:${outer.port}/`), location).toBe(code);
      expect(outer.requests).toBe(1);
    }
    expect(inner.connections).toBe(0);
  });

  it('are followed to where they may come from, a few times', async () => {
    const outer = await serve(({ url }, response) => {
      if (url === '/picture') response.end('picture');
      else response.writeHead(302, { location: url === '/once' ? '/picture' : '/again' }).end();
    });
    const hosts = [`pictures.test:${outer.port}`];
    const options = { hosts, resolve: () => to('127.0.0.1'), isAllowed: alsoLocal };
    expect(await outcome(options, `http://pictures.test:${outer.port}/once`)).toBe('picture');
    expect(await outcome(options, `http://pictures.test:${outer.port}/again`)).toBe('image_not_fetched');
    expect(outer.requests).toBe(2 + 4);
  });

  it('are cut off where they are too large, too slow or not there', async () => {
    const seen = await serve(({ url }, response) => {
      if (url === '/endless') {
        const timer = setInterval(() => response.write('x'.repeat(40)), 1);
        response.on('close', () => clearInterval(timer));
      } else if (url === '/missing') response.writeHead(404).end();
      else if (url === '/refused') response.destroy();
      // and nothing for /slow
    });
    const hosts = [`pictures.test:${seen.port}`];
    const options = { hosts, resolve: () => to('127.0.0.1'), isAllowed: alsoLocal };
    const at = (path: string, more = {}) =>
      outcome({ ...options, ...more }, `http://pictures.test:${seen.port}${path}`);
    expect(await at('/endless')).toBe('image_too_large');
    expect(await at('/slow', { timeout: 100 })).toBe('image_not_fetched');
    expect(await at('/missing')).toBe('image_not_fetched');
    expect(await at('/refused')).toBe('image_not_fetched');
  });

  it('come over TLS from who has a certificate of that name, of someone who is trusted', async () => {
    const file = (name: string) => fileURLToPath(new URL(`tls/${name}`, import.meta.url));
    const [key, cert] = await Promise.all(['key.pem', 'certificate.pem'].map((name) => readFile(file(name))));
    let requests = 0;
    const server = createTlsServer({ key, cert }, (_, response) => {
      requests++;
      response.end('picture');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const hosts = [`pictures.test:${port}`, `other.test:${port}`];
    const folder = await mkdtemp(join(tmpdir(), 'webcir-tls-'));
    try {
      const script = join(folder, 'fetch.mjs');
      await build({
        entryPoints: [file('fetch.mjs')],
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile: script,
        banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      });
      const fetched = async (env: Record<string, string>) => {
        const words = JSON.stringify({ hosts, addresses: hosts.map((host) => `https://${host}/`) });
        const { stdout } = await promisify(execFile)(process.execPath, [script, words], {
          env: { ...process.env, ...env },
        });
        return JSON.parse(stdout);
      };
      expect(await fetched({ NODE_EXTRA_CA_CERTS: file('certificate.pem') })).toEqual([
        'picture',
        `other.test:${port} cannot be reached (ERR_TLS_CERT_ALTNAME_INVALID)`,
      ]);
      expect(await fetched({})).toEqual(hosts.map((host) => `${host} cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT)`));
      expect(requests).toBe(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are on a list of hosts and nothing else', () => {
    for (const host of ['https://pictures.test', 'pictures.test/', '*', 'a b', ''])
      expect(() => new RemoteImages({ bytes: 1, hosts: [host] }), host).toThrow('expected a host');
  });
});
