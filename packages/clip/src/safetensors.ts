import { float16FromFloat32, float32FromBfloat16, float32FromFloat16 } from './float16.ts';

/** Bytes of one value of each dtype that is read. */
const DTYPE_BYTES = { F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 } as const;
export type TensorDtype = keyof typeof DTYPE_BYTES;

/** A tensor as a file holds it: little-endian, row-major. */
export interface StoredTensor {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  /** `product(shape)` values; may be a view into the whole file, at any alignment. */
  readonly bytes: Uint8Array;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The strings under `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

const isDtype = (dtype: unknown): dtype is TensorDtype =>
  typeof dtype === 'string' && Object.hasOwn(DTYPE_BYTES, dtype);
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const product = (shape: readonly number[]): number => shape.reduce((total, size) => total * size, 1);

function readMetadata(entry: unknown): Map<string, string> {
  if (!isRecord(entry)) throw new Error(`safetensors: expected ${METADATA} to be an object of strings.`);
  const metadata = new Map<string, string>();
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== 'string') {
      throw new Error(`safetensors: expected a string for ${METADATA} ${JSON.stringify(key)}, found ${typeof value}.`);
    }
    metadata.set(key, value);
  }
  return metadata;
}

/** One tensor's entry of the header, checked against the `data` of the file. */
function readTensor(
  name: string,
  entry: unknown,
  data: Uint8Array,
): { begin: number; end: number; tensor: StoredTensor } {
  const fail = (problem: string) => new Error(`safetensors: tensor ${JSON.stringify(name)}: ${problem}`);
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
  if (end < begin || end > data.length) {
    throw fail(
      `bytes ${begin} to ${end} are outside of the file's ${data.length} bytes of data. Is the file cut short?`,
    );
  }
  const expected = product(shape) * DTYPE_BYTES[dtype];
  if (end - begin !== expected) {
    throw fail(`${dtype} [${shape.join(', ')}] takes ${expected} bytes, data_offsets hold ${end - begin}.`);
  }
  return { begin, end, tensor: { dtype, shape, bytes: data.subarray(begin, end) } };
}

/**
 * Reads a safetensors file without copying its data.
 *
 * @throws Error when the file is not whole and consistent: header length, JSON, dtypes, shapes, ranges, and every byte
 * of the data in exactly one tensor; the message names the tensor
 */
export function readSafetensors(file: ArrayBuffer | Uint8Array): Safetensors {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  if (bytes.length < 8) {
    throw new Error(`safetensors: expected 8 bytes of header length, the file has ${bytes.length} bytes in all.`);
  }
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (headerBytes > MAX_HEADER_BYTES || Number(headerBytes) + 8 > bytes.length) {
    throw new Error(
      `safetensors: a header of ${headerBytes} bytes does not fit the file's ${bytes.length}. ` +
        'The file is cut short, or is not a safetensors file.',
    );
  }
  const dataStart = 8 + Number(headerBytes);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch (cause) {
    throw new Error(`safetensors: the header is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isRecord(header)) throw new Error('safetensors: expected the header to be a JSON object.');

  const data = bytes.subarray(dataStart);
  const metadata = Object.hasOwn(header, METADATA) ? readMetadata(header[METADATA]) : new Map<string, string>();
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => ({ name, ...readTensor(name, entry, data) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const problem = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new Error(
        `safetensors: tensor ${JSON.stringify(name)} ${problem}: it begins at byte ${begin}, expected ${covered}.`,
      );
    }
    covered = end;
  }
  if (covered !== data.length) {
    throw new Error(`safetensors: the tensors end at byte ${covered} of ${data.length} bytes of data.`);
  }
  return { tensors: new Map(entries.map(({ name, tensor }) => [name, tensor])), metadata };
}

/**
 * The pieces of a safetensors file in order, so that a large one need not be held twice: the header, padded to 8 bytes,
 * then every tensor. Larger dtypes come first and names in code-unit order, so equal content gives equal bytes.
 *
 * @throws when a tensor's bytes do not fit its shape and dtype, naming it
 */
export function* safetensorsPieces(file: Safetensors): Generator<Uint8Array> {
  const entries = [...file.tensors].sort(
    ([a, { dtype: aDtype }], [b, { dtype: bDtype }]) =>
      DTYPE_BYTES[bDtype] - DTYPE_BYTES[aDtype] || (a < b ? -1 : Number(a > b)),
  );
  const header: [string, unknown][] = [];
  if (file.metadata.size > 0) {
    header.push([METADATA, Object.fromEntries([...file.metadata].sort(([a], [b]) => (a < b ? -1 : 1)))]);
  }
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of entries) {
    const expected = product(shape) * DTYPE_BYTES[dtype];
    if (name === METADATA || bytes.length !== expected) {
      throw new Error(
        `safetensors: tensor ${JSON.stringify(name)}: ${dtype} [${shape.join(', ')}] takes ${expected} bytes, ` +
          `found ${bytes.length}; ${METADATA} is no tensor name.`,
      );
    }
    header.push([name, { dtype, shape, data_offsets: [offset, offset + expected] }]);
    offset += expected;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(8 + padded).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(json, 8);
  yield start;
  for (const [, { bytes }] of entries) yield bytes;
}

/** A safetensors file in memory; see `safetensorsPieces`. */
export function writeSafetensors(file: Safetensors): Uint8Array<ArrayBuffer> {
  const pieces = [...safetensorsPieces(file)];
  const out = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    out.set(piece, offset);
    offset += piece.length;
  }
  return out;
}

/** The bytes from the start of a buffer of their own, as typed arrays want them. */
const aligned = ({ bytes }: StoredTensor): ArrayBuffer => new Uint8Array(bytes).buffer;

const TO_FLOAT32: { readonly [dtype in TensorDtype]: (tensor: StoredTensor) => Float32Array<ArrayBuffer> } = {
  F32: (tensor) => new Float32Array(aligned(tensor)),
  F16: (tensor) => float32FromFloat16(new Uint16Array(aligned(tensor))),
  BF16: (tensor) => float32FromBfloat16(new Uint16Array(aligned(tensor))),
  I64: (tensor) => Float32Array.from(new BigInt64Array(aligned(tensor)), Number),
  I32: (tensor) => Float32Array.from(new Int32Array(aligned(tensor))),
  U8: (tensor) => Float32Array.from(tensor.bytes),
};

/** A tensor's values in single precision, in a new array: exact for floats, and for integers up to 2^24. */
export function toFloat32(tensor: StoredTensor): Float32Array<ArrayBuffer> {
  return TO_FLOAT32[tensor.dtype](tensor);
}

/** A tensor to be stored; F16 rounds to the nearest, ties to even. */
export function fromFloat32(
  values: Float32Array,
  shape: readonly number[],
  dtype: 'F32' | 'F16' = 'F32',
): StoredTensor {
  const stored = dtype === 'F32' ? values : float16FromFloat32(values);
  return { dtype, shape, bytes: new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength) };
}
