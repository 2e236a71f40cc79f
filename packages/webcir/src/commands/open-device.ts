import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Device, openDevice } from '@webcir/kernels';

/**
 * What Dawn says, whatever its settings, of a driver with more dynamic buffers than it uses: software Vulkans have them.
 * Nobody can do anything about it.
 */
const noise = /^Warning: maxDynamic\w+PerPipelineLayout artificially reduced from \d+ to \d+ .*\n/gm;

/** Opens the device of a command (`openDevice`), without Dawn's noise on the screen where `koffi` is installed. */
export const openCommandDevice = (): Promise<Device> => quietly(openDevice);

/** Does what opens a device without Dawn's noise on the screen: what else is said on standard error comes afterwards. */
export async function quietly<T>(open: () => Promise<T>): Promise<T> {
  const libc = await descriptors();
  return libc ? withoutNoise(libc, open) : open();
}

interface Descriptors {
  dup(descriptor: number): number;
  dup2(from: number, to: number): number;
}

/** Node cannot move a descriptor, and Dawn writes to number 2, past `process.stderr`. */
async function descriptors(): Promise<Descriptors | undefined> {
  if (process.platform !== 'linux') return undefined; // elsewhere Dawn has drivers with nothing to reduce
  const koffi = await import('koffi').catch(() => undefined); // an optional peer: without it, the lines are seen
  const libc = koffi?.default.load(null);
  return libc && { dup: libc.func('int dup(int)'), dup2: libc.func('int dup2(int, int)') };
}

/** Runs `work` with standard error in a file, and then writes what else came there. */
async function withoutNoise<T>({ dup, dup2 }: Descriptors, work: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'webcir-'));
  const held = openSync(join(folder, 'stderr'), 'wx+');
  rmSync(folder, { recursive: true }); // the open file stays until it is closed
  const stderr = dup(2);
  dup2(held, 2);
  try {
    return await work();
  } finally {
    dup2(stderr, 2);
    closeSync(stderr);
    const bytes = Buffer.alloc(fstatSync(held).size);
    readSync(held, bytes, 0, bytes.length, 0);
    closeSync(held);
    process.stderr.write(bytes.toString().replace(noise, ''));
  }
}
