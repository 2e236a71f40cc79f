import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Milliseconds until a lock that names nobody counts as left behind: its maker writes its name at once. */
const PATIENCE = 1_000;
const PAUSE = 10;

/**
 * Keeps other processes of this machine from the same work: the file names the process that does it. A lock that a
 * killed one left is taken over, by one of those who find it.
 * @param path of the lock file, whose folder exists
 * @param taken makes the error where a running process has the lock
 * @returns a function that removes the lock
 * @throws what `taken` makes
 */
export function lock(path: string, taken: (holder: number) => Error): () => void {
  const own = `${process.pid} ${started} ${randomUUID()}`;
  while (!create(path, own)) {
    const found = readName(path);
    if (found === undefined) continue; // removed meanwhile
    const holder = holderOf(found);
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
  return () => {
    if (read(path) === own) rmSync(path, { force: true });
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
function holderOf(found: string): number | undefined {
  const [pid, since] = found.split(' ').map(Number);
  // Containers often give the next process the number of the one before it.
  if (pid === process.pid) return since === started ? pid : undefined;
  return pid > 0 && isRunning(pid) ? pid : undefined;
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
