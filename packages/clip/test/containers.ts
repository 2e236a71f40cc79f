// The PyTorch files of fixtures/containers, and hostile ones put together opcode by opcode.
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

export async function container(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(gunzipSync(await readFile(new URL(`./fixtures/containers/${name}.gz`, import.meta.url))));
}

export async function join(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

export type Bytes = readonly number[];
export const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
export const uint = (bytes: number, value: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);

// A pickle assembler: each makes the opcodes of one value.
export const none: Bytes = [0x4e];
export const emptyDict: Bytes = [0x7d];
export const text = (value: string): Bytes => [0x58, ...uint(4, ascii(value).length), ...ascii(value)];
export const int = (value: number): Bytes => [0x4a, ...uint(4, value < 0 ? value + 2 ** 32 : value)];
export const long = (value: number): Bytes => [0x8a, 8, ...uint(8, value)];
export const float = (value: number): Bytes => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return [0x47, ...bytes];
};
export const tuple = (...items: Bytes[]): Bytes => [0x28, ...items.flat(), 0x74];
export const list = (...items: Bytes[]): Bytes => [0x5d, 0x28, ...items.flat(), 0x65];
export const dict = (...entries: [string, Bytes][]): Bytes => [
  ...emptyDict,
  0x28,
  ...entries.flatMap(([key, value]) => [...text(key), ...value]),
  0x75,
];
export const named = (module: string, name: string): Bytes => [0x63, ...ascii(`${module}\n${name}\n`)];
export const call = (target: Bytes, ...args: Bytes[]): Bytes => [...target, ...tuple(...args), 0x52];
export const storage = (key: string, length: Bytes, type = 'FloatStorage'): Bytes => [
  ...tuple(text('storage'), named('torch', type), text(key), text('cpu'), length),
  0x51,
];
export const tensor = (of: Bytes, size: Bytes, stride: Bytes, offset: Bytes = int(0)): Bytes =>
  call(named('torch._utils', '_rebuild_tensor_v2'), of, offset, size, stride, [0x89], emptyDict);
/** A tensor of shape [2] in storage `key`. */
export const pair = (key = '0'): Bytes => tensor(storage(key, int(2)), tuple(int(2)), tuple(int(1)));
export const script = (state: Bytes): Bytes => [...named('__torch__.m', 'M'), 0x29, 0x81, ...state, 0x62];
export const pickle = (...opcodes: Bytes[]): Uint8Array => Uint8Array.from([0x80, 2, ...opcodes.flat(), 0x2e]);

/** An entry of a zip; what the directory says about it can be false. */
export interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly size?: number;
  readonly packedSize?: number;
  readonly offset?: number;
}

/** A zip file; `end` overrides fields of the end record. */
export function zip(entries: readonly Entry[], end: { entries?: number; bytes?: number; offset?: number } = {}) {
  const parts: Uint8Array[] = [];
  const directory: number[] = [];
  let at = 0;
  for (const {
    name,
    bytes,
    method = 0,
    flags = 0,
    packedSize = bytes.length,
    size = packedSize,
    offset = at,
  } of entries) {
    const sizes = [...uint(4, packedSize), ...uint(4, size)];
    const fields = [...uint(2, flags), ...uint(2, method), ...uint(8, 0), ...sizes, ...uint(2, ascii(name).length)];
    const local = Uint8Array.from([...ascii('PK\x03\x04'), 20, 0, ...fields, 0, 0, ...ascii(name)]);
    const rest = [...uint(2, 0), ...uint(2, 0), ...uint(8, 0), ...uint(4, offset)];
    directory.push(...ascii('PK\x01\x02'), 20, 0, 20, 0, ...fields, ...rest, ...ascii(name));
    parts.push(local, bytes);
    at += local.length + bytes.length;
  }
  const count = uint(2, end.entries ?? entries.length);
  const place = [...uint(4, end.bytes ?? directory.length), ...uint(4, end.offset ?? at)];
  parts.push(Uint8Array.from([...directory, ...ascii('PK\x05\x06'), 0, 0, 0, 0, ...count, ...count, ...place, 0, 0]));
  return new Uint8Array(Buffer.concat(parts));
}

/** A `torch.save` file with this pickle, a storage `0` of two floats, and further entries. */
export const saved = (data: Uint8Array, ...more: Entry[]): Uint8Array =>
  zip([{ name: 'a/data.pkl', bytes: data }, { name: 'a/data/0', bytes: new Uint8Array(8) }, ...more]);
