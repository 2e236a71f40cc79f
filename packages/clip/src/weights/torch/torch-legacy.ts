import { DTYPE_BYTES } from '../dtype.ts';
import type { ByteSource } from '../source.ts';
import type { WeightFile } from '../weight-file.ts';
import { type Fail, failIn } from './fail.ts';
import { describe, type PickleValue, quote, type StorageRef } from './pickle-value.ts';
import { stateDictOf } from './state-dict.ts';
import { weightTensors } from './tensor.ts';
import { MAX_PICKLE_BYTES, type Unpickled, unpickle } from './unpickle.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** Bytes of the count before each storage's values. */
const LENGTH_BYTES = 8;

/** The byte at which each storage's values begin: they follow the pickles in the order of `keys`. */
async function storageOffsets(
  source: ByteSource,
  begin: number,
  keys: PickleValue,
  storages: ReadonlyMap<string, StorageRef>,
): Promise<Map<string, number>> {
  const fail: Fail = failIn(source.name);
  if (!Array.isArray(keys)) return fail(`expected the keys of its storages, found ${describe(keys)}.`);
  const offsets = new Map<string, number>();
  let at = begin;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || offsets.has(storage.key)) {
      return fail(`it has a storage ${describe(key)} that no tensor uses, or has it twice.`);
    }
    const { dtype, length } = storage;
    const end = at + LENGTH_BYTES + length * DTYPE_BYTES[dtype];
    if (end > source.size) {
      fail(
        `storage ${quote(storage.key)} ends at byte ${end} of ${source.size}. ` +
          'The file is cut short; download it again.',
      );
    }
    const bytes = await source.read(at, LENGTH_BYTES);
    const found = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (found !== BigInt(length)) {
      fail(`storage ${quote(storage.key)} at byte ${at} has ${found} values, expected ${length}.`);
    }
    offsets.set(storage.key, at + LENGTH_BYTES);
    at = end;
  }
  return offsets;
}

/**
 * Opens a file of `torch.save` as it was before PyTorch 1.6: pickles of a magic number, a protocol number, facts about
 * the machine, the object, and the storages' keys; then the storages.
 *
 * @throws Error naming the file and what is wrong with it
 */
export async function openTorchLegacy(source: ByteSource): Promise<WeightFile> {
  const fail: Fail = failIn(source.name);
  // The end of a pickle is known only when it is parsed, so everything that pickles may take is read at once.
  const head = await source.read(0, Math.min(source.size, MAX_PICKLE_BYTES));
  let at = 0;
  const next = (): Unpickled => {
    const unpickled = unpickle(head, source.name, at);
    at = unpickled.end;
    return unpickled;
  };
  const magic = next().value;
  const protocol = magic === MAGIC ? next().value : null;
  if (protocol !== PROTOCOL) fail('it is a pickle, but not one of torch.save. Save the weights with torch.save.');
  const machine = next().value;
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    fail('expected values in little-endian byte order; the file comes from a machine of the other.');
  }
  const { value, storages } = next();
  const { tensors, metadata } = stateDictOf(value, source.name);
  const keys = next().value;
  const offsets = await storageOffsets(source, at, keys, storages);

  const opened = weightTensors(tensors, offsets, source);
  return { format: 'PyTorch (before 1.6)', tensors: opened, metadata };
}
