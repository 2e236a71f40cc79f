import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * A name as it is compared: in Unicode's form NFC. Spreadsheets write é as one character, macOS and archives made there
 * as e and an accent, and both look the same.
 */
export const nfc = (name: string): string => name.normalize('NFC');

/** Makes a function that finds a file, whatever form of Unicode the disk has its name in; undefined if there is none. */
export function fileFinder(): (path: string) => string | undefined {
  const listings = new Map<string, ReadonlyMap<string, string>>();
  const listingOf = (folder: string) => {
    const known = listings.get(folder) ?? new Map(readdirSync(folder).map((name) => [nfc(name), name]));
    listings.set(folder, known);
    return known;
  };
  const find = (path: string): string | undefined => {
    if (existsSync(path)) return path;
    const isAscii = !/[\u0080-\uffff]/.test(path);
    const folder = isAscii ? undefined : find(dirname(path));
    const name = folder && listingOf(folder).get(nfc(basename(path)));
    return name && existsSync(join(folder, name)) ? join(folder, name) : undefined;
  };
  return find;
}
