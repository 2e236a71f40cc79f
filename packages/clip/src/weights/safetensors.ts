import { isRecord } from '../is-record.ts';
import { DTYPE_BYTES, elementsOf, isDtype, type TensorDtype } from './dtype.ts';
import { expectDistinctKeys } from './json-keys.ts';
import { named } from './named.ts';
import { containerOf, recognize, START_BYTES } from './recognize.ts';
import type { ByteSource } from './source.ts';
import { type StoredTensor, storedTensor, type WeightFile, type WeightTensor } from './weight-file.ts';

/** A safetensors file in memory. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The strings under `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readMetadata(entry: unknown): Map<string, string> {
  if (!isRecord(entry)) throw new Error(`expected ${METADATA} to be an object of strings.`);
  const metadata = new Map<string, string>();
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== 'string') {
      throw new Error(`expected a string for ${METADATA} ${JSON.stringify(key)}, found ${typeof value}.`);
    }
    metadata.set(key, value);
  }
  return metadata;
}

/** A tensor of the header, with its range in the data after the header. */
interface Entry extends Pick<WeightTensor, 'dtype' | 'shape'> {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** One tensor's entry of the header, checked against the size of the file's data. */
function readEntry(name: string, entry: unknown, dataBytes: number): Entry {
  const fail = (problem: string) => new Error(`tensor ${JSON.stringify(name)}: ${problem}`);
  if (!isRecord(entry)) throw fail('expected an object with dtype, shape and data_offsets.');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype)) {
    const known = Object.keys(DTYPE_BYTES).join(', ');
    throw fail(`expected a dtype of ${known}, found ${JSON.stringify(dtype)}. Convert the tensor to one of these.`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw fail(`expected a shape of sizes, found ${JSON.stringify(shape)}.`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw fail(`expected data_offsets [begin, end], found ${JSON.stringify(offsets)}.`);
  }
  const [begin, end] = offsets as [number, number];
  if (end < begin || end > dataBytes) {
    throw fail(`bytes ${begin} to ${end} are outside of the file's ${dataBytes} bytes of data. Is the file cut short?`);
  }
  const expected = elementsOf(shape) * DTYPE_BYTES[dtype];
  if (end - begin !== expected) {
    throw fail(`${dtype} [${shape.join(', ')}] takes ${expected} bytes, data_offsets hold ${end - begin}.`);
  }
  return { name, dtype, shape, begin, end };
}

/** The tensors in the order of their data, every byte of which belongs to exactly one of them. */
function readEntries(header: Record<string, unknown>, dataBytes: number): Entry[] {
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => readEntry(name, entry, dataBytes))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const problem = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new Error(`tensor ${JSON.stringify(name)} ${problem}: it begins at byte ${begin}, expected ${covered}.`);
    }
    covered = end;
  }
  if (covered !== dataBytes) throw new Error(`the tensors end at byte ${covered} of ${dataBytes} bytes of data.`);
  return entries;
}

interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Byte of the file at which the data begins. */
  readonly dataStart: number;
}

/**
 * The length of the header, from the first 8 bytes.
 * @param start the first `START_BYTES` of the file, from which it is recognized if it is another
 */
function headerLength(start: Uint8Array, fileBytes: number): number {
  const isSafetensors = containerOf(start) === 'safetensors';
  const other = isSafetensors ? undefined : recognize(start);
  if (other !== undefined) throw new Error(`expected a safetensors file, found ${other}.`);
  if (start.length < 8) throw new Error(`expected 8 bytes of header length, the file has ${fileBytes} bytes in all.`);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES || Number(length) + 8 > fileBytes) {
    throw new Error(
      `a header of ${length} bytes does not fit the file's ${fileBytes}. ` +
        'The file is cut short, or is not a safetensors file.',
    );
  }
  return Number(length);
}

function parseHeader(json: Uint8Array, fileBytes: number): Header {
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    expectDistinctKeys(text);
    header = JSON.parse(text);
  } catch (cause) {
    throw new Error(`the header is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isRecord(header)) throw new Error('expected the header to be a JSON object.');
  const metadata = Object.hasOwn(header, METADATA) ? readMetadata(header[METADATA]) : new Map<string, string>();
  const dataStart = 8 + json.length;
  return { entries: readEntries(header, fileBytes - dataStart), metadata, dataStart };
}

/**
 * Reads a safetensors file in memory without copying its data.
 *
 * @throws Error when the file is not whole and consistent: header length, JSON, dtypes, shapes, ranges, and every byte
 * of the data in exactly one tensor; the message names the tensor
 */
export function readSafetensors(file: ArrayBuffer | Uint8Array): Safetensors {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  return named('safetensors', () => {
    const length = headerLength(bytes.subarray(0, START_BYTES), bytes.length);
    const { entries, metadata, dataStart } = parseHeader(bytes.subarray(8, 8 + length), bytes.length);
    const tensors = entries.map(
      ({ name, dtype, shape, begin, end }) =>
        [name, storedTensor(dtype, shape, bytes.subarray(dataStart + begin, dataStart + end))] as const,
    );
    return { tensors: new Map(tensors), metadata };
  });
}

/**
 * Opens a safetensors file: only the header is read.
 * @throws Error as `readSafetensors` does
 */
export async function openSafetensors(source: ByteSource): Promise<WeightFile> {
  const name = `${source.name}: safetensors`;
  const start = await source.read(0, Math.min(START_BYTES, source.size));
  const length = named(name, () => headerLength(start, source.size));
  const json = await source.read(8, length);
  const { entries, metadata, dataStart } = named(name, () => parseHeader(json, source.size));
  const tensorAt = (at: number, dtype: TensorDtype, shape: readonly number[]): WeightTensor => {
    const rowBytes = elementsOf(shape.slice(1)) * DTYPE_BYTES[dtype];
    return {
      dtype,
      shape,
      read: () => source.read(at, elementsOf(shape) * DTYPE_BYTES[dtype]),
      ...(shape.length > 0 && {
        rows: (first: number, count: number) => tensorAt(at + first * rowBytes, dtype, [count, ...shape.slice(1)]),
      }),
    };
  };
  const tensors = entries.map(({ name, dtype, shape, begin }): [string, WeightTensor] => [
    name,
    tensorAt(dataStart + begin, dtype, shape),
  ]);
  return { format: 'safetensors', tensors: new Map(tensors), metadata };
}

/** Content of a safetensors file: tensors in memory, on a device, or in another file. */
export interface SafetensorsContent {
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Which of several groups a tensor is in, where those are to lie one after the other, by their numbers. */
  group?(name: string): number;
}

/** Bytes of a large tensor that are read at once, where it can be read in parts. */
const BLOCK_BYTES = 2 ** 26;

/**
 * The pieces of a safetensors file in order, each tensor read just before it is needed, a large one in blocks: the
 * header, padded to 8 bytes, then every tensor. In a group, larger dtypes come first and names in code-unit order, so equal content gives equal bytes.
 *
 * @throws when a tensor's bytes do not fit its shape and dtype, naming it
 */
export async function* safetensorsPieces(file: SafetensorsContent): AsyncGenerator<Uint8Array> {
  const { group = () => 0 } = file;
  const entries = [...file.tensors].sort(
    ([a, { dtype: aDtype }], [b, { dtype: bDtype }]) =>
      group(a) - group(b) || DTYPE_BYTES[bDtype] - DTYPE_BYTES[aDtype] || (a < b ? -1 : Number(a > b)),
  );
  const header: [string, unknown][] = [];
  if (file.metadata.size > 0) {
    header.push([METADATA, Object.fromEntries([...file.metadata].sort(([a], [b]) => (a < b ? -1 : 1)))]);
  }
  let offset = 0;
  for (const [name, { dtype, shape }] of entries) {
    if (name === METADATA) throw new Error(`safetensors: ${METADATA} is no tensor name.`);
    const end = offset + elementsOf(shape) * DTYPE_BYTES[dtype];
    header.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(8 + padded).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(json, 8);
  yield start;
  for (const [name, tensor] of entries) yield* tensorPieces(name, tensor);
}

async function* tensorPieces(name: string, tensor: WeightTensor): AsyncGenerator<Uint8Array> {
  const [rows] = tensor.shape;
  const rowBytes = (elementsOf(tensor.shape) * DTYPE_BYTES[tensor.dtype]) / rows;
  if (!tensor.rows || !(rows * rowBytes > BLOCK_BYTES)) return yield await readWhole(name, tensor);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  for (let first = 0; first < rows; first += blockRows)
    yield await readWhole(name, tensor.rows(first, Math.min(blockRows, rows - first)));
}

async function readWhole(name: string, { dtype, shape, read }: WeightTensor): Promise<Uint8Array> {
  const bytes = await read();
  const expected = elementsOf(shape) * DTYPE_BYTES[dtype];
  if (bytes.length === expected) return bytes;
  const type = `${dtype} [${shape.join(', ')}]`;
  throw new Error(
    `safetensors: tensor ${JSON.stringify(name)}: ${type} takes ${expected} bytes, found ${bytes.length}.`,
  );
}
