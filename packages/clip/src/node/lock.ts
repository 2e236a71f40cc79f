import { createHash, randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';

/** Milliseconds until a lock that names nobody counts as left behind: its maker writes its name at once. */
const PATIENCE = 1_000;
const PAUSE = 10;
/** Milliseconds between two signs of life that a holder gives, for machines that cannot see its process. */
const SIGN = 10_000;
/** Milliseconds without one after which a holder on another machine counts as gone. */
const SILENCE = 60_000;

/**
 * Keeps other processes from the same work: the file names the process that does it, and its machine. A lock that a
 * killed one left is taken over, by one of those who find it: at once on its machine, and from another one that shares
 * the folder when the file has not been written again for a minute.
 * @param path of the lock file, whose folder exists
 * @param taken makes the error where a running process has the lock: '12', or '12 on node-3'
 * @returns a function that removes the lock
 * @throws what `taken` makes
 */
export function lock(path: string, taken: (holder: string) => Error): () => void {
  const own = `${process.pid} ${started} ${randomUUID()} ${encodeURIComponent(hostname())}`;
  while (!create(path, own)) {
    const found = readName(path);
    if (found === undefined) continue; // removed meanwhile
    const holder = holderOf(found, path);
    if (holder !== undefined) throw taken(holder);
    // Whoever replaces a lock must hold one on that very lock, or two could, each for the other's.
    const unlock = lock(`${path}.${createHash('sha256').update(found).digest('hex').slice(0, 8)}`, taken);
    try {
      if (read(path) !== found) continue;
      const mine = `${path}.${randomUUID()}`;
      writeFileSync(mine, own);
      renameSync(mine, path);
      break;
    } finally {
      unlock();
    }
  }
  const stop = giveSigns(path, own);
  return () => {
    stop();
    if (read(path) === own) rmSync(path, { force: true });
  };
}

/** Writes the same again and again into a file, and never into another one that has come in its place. */
function giveSigns(path: string, content: string): () => void {
  const file = openSync(path, 'r+');
  const timer = setInterval(() => {
    try {
      writeSync(file, content, 0);
    } catch {
      // A file server that is away for a while: others wait as long as they see no newer time.
    }
  }, SIGN).unref();
  return () => {
    clearInterval(timer);
    closeSync(file);
  };
}

/** Tells this process from an earlier one of the same number. */
const started = Math.round(performance.timeOrigin);

/** Whether this process has made the lock. */
function create(path: string, own: string): boolean {
  try {
    writeFileSync(path, own, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  return read(path) === own;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reads who has a lock; waits for a name that is just being written. */
function readName(path: string): string | undefined {
  let found = read(path);
  for (let waited = 0; found === '' && waited < PATIENCE; waited += PAUSE) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    found = read(path);
  }
  return found;
}

/** The process that a lock names, if it is still running. */
function holderOf(found: string, path: string): string | undefined {
  const [id, since, , host] = found.split(' ');
  const pid = Number(id);
  if (host !== undefined && host !== encodeURIComponent(hostname()))
    return isSilent(path) ? undefined : `${id} on ${decodeURIComponent(host)}`;
  // Containers often give the next process the number of the one before it.
  if (pid === process.pid) return Number(since) === started ? id : undefined;
  return pid > 0 && isRunning(pid) ? id : undefined;
}

/** Whether a file has not been written for long, by the clock of whoever keeps the files. */
function isSilent(path: string): boolean {
  const probe = `${path}.${randomUUID()}`;
  writeFileSync(probe, '');
  const now = statSync(probe).mtimeMs;
  rmSync(probe);
  const last = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return last === undefined || now - last > SILENCE;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether a process has ended, and only its number is left, for the one that started it to ask how: in a container whose
 * first process asks nobody, it is left for ever.
 */
const isZombie = (pid: number): boolean => /\) Z /.test(read(`/proc/${pid}/stat`) ?? '');
