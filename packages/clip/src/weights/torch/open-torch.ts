import { recognize, START_BYTES } from '../recognize.ts';
import type { ByteSource } from '../source.ts';
import type { WeightFile } from '../weight-file.ts';
import { quote } from './pickle-value.ts';
import { openTorchLegacy } from './torch-legacy.ts';
import { openTorchZip } from './torch-zip.ts';

const ZIP = 'PK\x03\x04';
const PICKLE = '\x80';

/**
 * Opens a PyTorch file, in either container: see `openTorchZip`, `openTorchLegacy`.
 *
 * @throws Error naming the file and what is wrong with it
 */
export async function openTorch(source: ByteSource): Promise<WeightFile> {
  const bytes = await source.read(0, Math.min(source.size, START_BYTES));
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  if (start.startsWith(ZIP)) return openTorchZip(source);
  if (start.startsWith(PICKLE)) return openTorchLegacy(source);
  const other = recognize(bytes);
  if (other !== undefined) throw new Error(`${source.name}: expected a PyTorch file, found ${other}.`);
  throw new Error(
    `${source.name}: expected a PyTorch file, which begins with "PK" or a pickle, found ${quote(start)}. ` +
      'Is it whole, and is it the right file?',
  );
}
