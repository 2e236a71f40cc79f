import type { ByteSource } from '../source.ts';
import type { WeightFile } from '../weight-file.ts';
import { quote } from './pickle-value.ts';
import { openTorchLegacy } from './torch-legacy.ts';
import { openTorchZip } from './torch-zip.ts';

const START_BYTES = 64;
const ZIP = 'PK\x03\x04';
const PICKLE = '\x80';

/** Files that people take for PyTorch files, by their first bytes. */
const MISTAKES: readonly [start: RegExp, what: string][] = [
  [
    /^\s*<(!doctype|html|head|\?xml)/i,
    'It is a web page: the download led to one. Open the address in a browser and see.',
  ],
  [
    /^version https:\/\/git-lfs/,
    'It is a pointer of Git LFS: run `git lfs pull` in its repository to get the file itself.',
  ],
];

/**
 * Opens a PyTorch file, in either container: see `openTorchZip`, `openTorchLegacy`.
 *
 * @throws Error naming the file and what is wrong with it
 */
export async function openTorch(source: ByteSource): Promise<WeightFile> {
  const bytes = await source.read(0, Math.min(source.size, START_BYTES));
  const start = String.fromCharCode(...bytes);
  if (start.startsWith(ZIP)) return openTorchZip(source);
  if (start.startsWith(PICKLE)) return openTorchLegacy(source);
  if (start === '') throw new Error(`${source.name}: expected a PyTorch file, found an empty one.`);
  const mistake = MISTAKES.find(([pattern]) => pattern.test(start));
  throw new Error(
    `${source.name}: expected a PyTorch file, which begins with "PK" or a pickle, ` +
      `found ${quote(start.slice(0, 16))}. ` +
      (mistake?.[1] ?? 'Is it whole, and is it the right file?'),
  );
}
