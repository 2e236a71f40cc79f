import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppOptions } from './http/app.ts';
import { ApiKeys, expectKeys } from './keys.ts';
import type { Service, ServiceOptions } from './service.ts';

/** A service, and where it listens. */
export interface ListenOptions extends ServiceOptions, Omit<AppOptions, 'keys'> {
  /** 8000 unless given; 0 for any that is free. */
  readonly port?: number;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** Needed for a host that others can reach. */
  readonly keys?: readonly string[];
}

/** A service that listens. */
export interface Listening {
  /** `http://127.0.0.1:8000` */
  readonly address: string;
  /**
   * Takes no more connections, finishes what is under way, and closes stores and models.
   * @param milliseconds after which requests that are not done are cut off; 30,000 unless given
   */
  close(milliseconds?: number): Promise<void>;
}

/**
 * Starts a service over HTTP.
 * @throws RangeError for a host that others can reach, without keys; Error for an address that is taken, or what
 *   `ServiceOptions.open` throws
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { host = '127.0.0.1', port = 8000 } = options;
  expectKeys(host, options.keys ?? []);
  const keys = new ApiKeys(options.keys ?? []);
  // What they are made of sets globals and looks at the process's streams: not where the package is only imported.
  const [{ createAdaptorServer }, { createApp }, { Service }] = await Promise.all([
    import('@hono/node-server'),
    import('./http/app.ts'),
    import('./service.ts'),
  ]);
  const service = await Service.open(options);
  try {
    const app = createApp(service, { ...options, keys: keys.count > 0 ? keys : undefined });
    const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
    await bind(server, host, port);
    const { port: bound } = server.address() as AddressInfo;
    const address = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    return { address, close: (milliseconds = 30_000) => close(server, service, milliseconds) };
  } catch (error) {
    await service.close();
    throw error;
  }
}

const bind = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(isTaken ? new Error(`${host}:${port} is taken by another program: take another port`) : error);
    });
    server.listen(port, host, resolve);
  });

async function close(server: Server, service: Service, milliseconds: number): Promise<void> {
  service.isStopping = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), milliseconds);
  await closed;
  clearTimeout(timer);
  await service.close();
}
