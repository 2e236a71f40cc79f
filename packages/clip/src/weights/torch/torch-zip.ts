import { DTYPE_BYTES } from '../dtype.ts';
import type { ByteSource } from '../source.ts';
import { TORCH_SCRIPT, type WeightFile } from '../weight-file.ts';
import { type Fail, failIn } from './fail.ts';
import { isObject, quote, type StorageRef } from './pickle-value.ts';
import { stateDictOf } from './state-dict.ts';
import { weightTensors } from './tensor.ts';
import { MAX_PICKLE_BYTES, unpickle } from './unpickle.ts';
import { type ZipEntry, zipDataOffset, zipEntries } from './zip-directory.ts';

const STORED = 0;
const DEFLATED = 8;

/** Inflates raw deflate data to `size` bytes and no further, however much more is packed in it. */
async function inflate(packed: Uint8Array, size: number): Promise<Uint8Array> {
  const stream = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const out = new Uint8Array(size);
  let at = 0;
  const reader = stream.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    if (at + piece.value.length > size) {
      await reader.cancel();
      throw new Error(`more than the ${size} bytes that the directory tells`);
    }
    out.set(piece.value, at);
    at += piece.value.length;
  }
  if (at < size) throw new Error(`${at} bytes, the directory tells ${size}`);
  return out;
}

/** Reads a small entry as a whole. */
async function readEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array> {
  const fail = (problem: string): never => {
    throw new Error(`${source.name}: zip entry ${quote(entry.name)} ${problem}`);
  };
  if (entry.encrypted || (entry.method !== STORED && entry.method !== DEFLATED)) {
    fail('is encrypted or packed in an unknown way.');
  }
  if (Math.max(entry.size, entry.packedSize) > MAX_PICKLE_BYTES) {
    fail(`has ${entry.size} bytes (${entry.packedSize} packed), expected at most ${MAX_PICKLE_BYTES}.`);
  }
  const bytes = await source.read(await zipDataOffset(source, entry), entry.packedSize);
  if (entry.method === STORED) {
    if (entry.packedSize !== entry.size) fail(`is stored, and of ${entry.packedSize} and ${entry.size} bytes at once.`);
    return bytes;
  }
  return inflate(bytes, entry.size).catch((cause: Error) => fail(`cannot be unpacked: ${cause.message}.`));
}

/** The folder of the archive that has the pickle: `archive/` of `archive/data.pkl`. */
function folderOf(entries: ReadonlyMap<string, ZipEntry>, fail: Fail): string {
  const found = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (found.length > 1) fail(`it has several pickles: ${found.slice(0, 2).map(quote).join(', ')}.`);
  if (found.length === 0) fail('it is a zip file without a data.pkl, so not one of torch.save or torch.jit.save.');
  return found[0].slice(0, -'data.pkl'.length);
}

/**
 * Opens a file of `torch.save` (PyTorch 1.6 and later) or a TorchScript archive, as OpenAI published CLIP: a zip file
 * of a pickle, `data.pkl`, and the bytes of each storage in an entry of its own, which are read when a tensor is.
 *
 * @throws Error naming the file and what is wrong with it
 */
export async function openTorchZip(source: ByteSource): Promise<WeightFile> {
  const fail: Fail = failIn(source.name);
  const entries = await zipEntries(source);
  const folder = folderOf(entries, fail);
  const byteOrder = entries.get(`${folder}byteorder`);
  if (byteOrder) {
    const order = new TextDecoder().decode(await readEntry(source, byteOrder));
    if (order !== 'little') fail(`expected values in little-endian byte order, found ${quote(order)}.`);
  }
  const pickle = await readEntry(source, entries.get(`${folder}data.pkl`)!);
  const { value, storages } = unpickle(pickle, `${source.name}: ${folder}data.pkl`);
  const { tensors, metadata } = stateDictOf(value, source.name);

  const locate = async ({ key, length, dtype }: StorageRef): Promise<number> => {
    const entry = entries.get(`${folder}data/${key}`) ?? fail(`zip entry ${quote(`${folder}data/${key}`)} is missing.`);
    if (entry.method !== STORED || entry.encrypted) {
      fail(
        `zip entry ${quote(entry.name)} is compressed or encrypted. ` +
          'Zip the folder again without, or save it in PyTorch.',
      );
    }
    const expected = length * DTYPE_BYTES[dtype];
    if (entry.size !== expected || entry.packedSize !== expected) {
      fail(`zip entry ${quote(entry.name)} has ${entry.size} bytes, expected ${expected} for ${length} of ${dtype}.`);
    }
    return zipDataOffset(source, entry);
  };
  const offsets = new Map<string, number>();
  for (const { storage } of tensors.values()) {
    if (!offsets.has(storage.key)) offsets.set(storage.key, await locate(storages.get(storage.key)!));
  }
  const opened = weightTensors(tensors, offsets, source);
  return { format: isObject(value) ? TORCH_SCRIPT : 'PyTorch (zip)', tensors: opened, metadata };
}
