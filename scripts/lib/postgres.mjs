// PostgreSQL servers for tests: each with a cluster of its own in a temporary folder, on a port of this machine.
import { spawn } from 'node:child_process';
import { appendFileSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.mjs';
import { ensurePostgres } from './postgres-install.mjs';
import { run, which } from './run.mjs';

/** The database, and its superuser, of a server of `startPostgres`. */
const NAME = 'postgres';

// What is killed is the server and not the machine: what was handed to the system stays without a flush to the disk.
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_connections: '60',
  jit: 'off',
  max_prepared_transactions: '10',
  wal_level: 'minimal',
  max_wal_senders: '0',
  timezone: 'UTC',
};

/**
 * Starts servers with pgvector (it is there for `CREATE EXTENSION vector`), at once, in about a second. They end with
 * this process, also where it is killed.
 * @param {number} count
 * @param {{ host?: string, namespace?: string, settings?: Record<string, string> }} [options] `host` is the address to
 *   listen at, 127.0.0.1 unless given; `namespace` the network namespace in which that is (`ip netns`); `settings` are
 *   further ones of postgresql.conf
 * @returns {Promise<PostgresServer[]>}
 * @throws Error that names the remedy where PostgreSQL or pgvector cannot be had, or with the server's words
 */
export async function startPostgres(count = 1, { host = '127.0.0.1', namespace, settings = {} } = {}) {
  const bin = await ensurePostgres();
  const owner = process.getuid?.() === 0 ? await serverUser() : undefined;
  const folders = Array.from({ length: count }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'webcir-postgres-'));
    if (owner) chownSync(folder, owner.uid, owner.gid);
    return folder;
  });
  const remove = () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await initCluster(bin, join(folders[0], 'data'), owner);
    // It listens at one address: who can reach that may come in.
    appendFileSync(join(folders[0], 'data/pg_hba.conf'), 'host all all samenet trust\n');
    for (const folder of folders.slice(1)) await copyCluster(join(folders[0], 'data'), join(folder, 'data'), owner);
    const servers = folders.map((folder) => new PostgresServer({ bin, owner, folder, host, namespace, settings }));
    await Promise.all(servers.map((server) => server.start()));
    return servers;
  } catch (error) {
    remove();
    throw error;
  }
}

/** A server that runs, and can be stopped, killed and started again. */
export class PostgresServer {
  #options;
  #child;
  #ended;
  #log = '';

  constructor(options) {
    this.#options = options;
  }

  /** The port it listens at, the same after a restart. */
  get port() {
    return this.#options.port;
  }

  /** How to reach its database, as its superuser: no password is asked for. */
  get url() {
    const { host, port } = this.#options;
    return `postgres://${NAME}@${host}:${port}/${NAME}`;
  }

  /** What it has said. */
  get log() {
    return this.#log;
  }

  /** Starts it, or starts it again. Resolves when it takes connections. */
  async start() {
    // Another namespace has ports of its own, all of them free.
    this.#options.port ??= this.#options.namespace ? 5432 : await freePort(this.#options.host);
    const { bin, owner, folder, host, namespace, port, settings } = this.#options;
    const own = { listen_addresses: host, port: String(port), unix_socket_directories: folder };
    const options = Object.entries({ ...SETTINGS, ...own, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const [command, args] = as(owner, join(bin, 'postgres'), ['-D', join(folder, 'data'), ...options]);
    const inside = namespace ? ['ip', 'netns', 'exec', namespace] : [];
    const [first, ...rest] = [...inside, command, ...args];
    const from = this.#log.length;
    const child = spawn(first, rest, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    this.#child = child;
    running.add(this);
    // Its other processes have the same stderr, which is closed when the last of them is gone.
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`PostgreSQL did not start:\n${this.#log.slice(from)}`));
      const timer = setTimeout(fail, 30_000);
      child.once('error', reject);
      child.once('close', fail);
      child.stderr.on('data', (chunk) => {
        this.#log += chunk;
        if (!this.#log.slice(from).includes('ready to accept connections')) return;
        clearTimeout(timer);
        resolve();
      });
    });
    // A server does not keep its test from ending.
    child.unref();
    child.stderr.unref();
  }

  #end() {
    this.#child.ref();
    this.#child.stderr.ref();
    return this.#ended;
  }

  /** What is left to do when the process ends. */
  abandon() {
    this.#child.kill('SIGQUIT');
    rmSync(this.#options.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Kills it with all its processes, in the middle of what they do. Its data stays, for `start`. */
  async kill() {
    const { pid } = this.#child;
    const children = `/proc/${pid}/task/${pid}/children`;
    const others = existsSync(children) ? readFileSync(children, 'utf8').trim().split(' ').filter(Boolean) : [];
    // The first one first: it would start the others again.
    for (const one of [pid, ...others.map(Number)]) killIfThere(one);
    await this.#end();
  }

  /** Stops it, and removes all that it had. */
  async stop() {
    this.#child.kill('SIGQUIT');
    await this.#end();
    running.delete(this);
    rmSync(this.#options.folder, { recursive: true, force: true });
  }
}

const running = new Set();
process.on('exit', () => {
  for (const server of running) server.abandon();
});

function killIfThere(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

async function initCluster(bin, data, owner) {
  const options = [
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--wal-segsize=1',
    `--username=${NAME}`,
  ];
  const [command, args] = as(owner, join(bin, 'initdb'), ['-D', data, ...options]);
  const { code, output } = await run(command, args, { cwd: tmpdir(), timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`initdb failed: ${output.trim()}`);
}

/** Takes less time than to make another one. */
async function copyCluster(from, to, owner) {
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
  if (!owner) return;
  const { code, output } = await run('chown', ['-R', `${owner.uid}:${owner.gid}`, to]);
  if (code !== 0) throw new Error(output.trim());
}

/** PostgreSQL refuses to run as root: the user of the system's own server is there for it. */
async function serverUser() {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (option) => {
      const { code, stdout } = await run('id', [option, 'postgres']);
      if (code !== 0) throw new Error("PostgreSQL does not run as root, and there is no user 'postgres' to run it as");
      return Number(stdout.toString());
    }),
  );
  return { uid, gid };
}

/** A command as another user, which the system ends when this process is gone. */
function as(owner, command, args) {
  const setpriv = which(['setpriv']);
  if (!setpriv) {
    if (owner) throw new Error('setpriv (util-linux) is needed to run PostgreSQL as another user than root');
    return [command, args];
  }
  const user = owner ? [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'] : [];
  return [setpriv, [...user, '--pdeathsig=QUIT', command, ...args]];
}
