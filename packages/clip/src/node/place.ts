import { constants, type Stats } from 'node:fs';
import { access, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Where that ends up which is written to a path. */
export type Place =
  /** A file that this process holds open: `/dev/stdout`, or the `/dev/fd/63` of a shell's `>(…)`. */
  | { readonly kind: 'descriptor'; readonly descriptor: number }
  /** A device, a pipe or a socket. */
  | { readonly kind: 'special' }
  /** A file, or one to be: `path` is where the links end, `mode` the permissions of the file that is there. */
  | { readonly kind: 'file'; readonly path: string; readonly mode?: number };

/** As many links as Linux follows. */
const MAX_LINKS = 40;

/** Follows the links of a path, also those that lead to no file yet. @throws where it is a folder */
export async function placeOf(path: string): Promise<Place> {
  let at = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const descriptor = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(at)?.[1];
    if (descriptor !== undefined) return { kind: 'descriptor', descriptor: Number(descriptor) };
    const target = await readlink(at).catch(() => undefined);
    if (target === undefined) break;
    at = resolve(await realpath(dirname(at)), target);
  }
  const found = await statOf(at);
  if (found?.isDirectory() || /[\\/]$/.test(path)) throw new Error(`${path} is a folder: name a file`);
  return found === undefined || found.isFile() ? { kind: 'file', path: at, mode: found?.mode } : { kind: 'special' };
}

/**
 * Looks at the place of an output before the work that makes it, and changes nothing there.
 * @throws Error naming it, where it is a folder, or cannot be written
 */
export async function expectWritable(path: string): Promise<void> {
  const place = await placeOf(path);
  if (place.kind === 'descriptor') return;
  if (place.kind === 'special' || place.mode !== undefined) await expectAccess(path, path);
  if (place.kind === 'file') await expectFolder(dirname(place.path), path);
}

/**
 * Looks at a folder that files will go into, whether it is there yet or not, and changes nothing.
 * @param named what the user called it
 * @throws Error naming it, where it cannot be made or written
 */
export async function expectFolder(folder: string, named = folder): Promise<void> {
  let at = resolve(folder);
  let found = await statOf(at);
  for (; found === undefined && at !== dirname(at); found = await statOf(at)) at = dirname(at);
  if (!found?.isDirectory()) throw new Error(`${named} cannot be written: ${at} is not a folder`);
  await expectAccess(at, named);
}

async function expectAccess(path: string, named: string): Promise<void> {
  await access(path, constants.W_OK).catch((cause: Error) => {
    throw new Error(`${named} cannot be written: ${cause.message}`, { cause });
  });
}

/** Undefined where there is nothing. */
function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}
