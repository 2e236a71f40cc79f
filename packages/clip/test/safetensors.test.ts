import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { float16FromFloat32, float32FromFloat16 } from '../src/float16.ts';
import { openWeights, writeSafetensorsFile } from '../src/node.ts';
import {
  openSafetensors,
  readSafetensors,
  type SafetensorsContent,
  safetensorsPieces,
} from '../src/weights/safetensors.ts';
import { memorySource } from '../src/weights/source.ts';
import {
  fromFloat32,
  readFloat32,
  type StoredTensor,
  storedTensor,
  toFloat32,
  type WeightTensor,
} from '../src/weights/weight-file.ts';

/** A file with this header, written as given, and this many bytes of data, counting up. */
function file(header: unknown, dataBytes: number): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  for (let i = 0; i < dataBytes; i++) bytes[8 + json.length + i] = i;
  return bytes;
}

const entry = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });
const noMetadata = new Map<string, string>();

describe('half precision', () => {
  /** The value by the definition of the format. */
  const halfValue = (half: number): number => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const mantissa = half & 0x3ff;
    if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + mantissa / 1024) : 2 ** -14 * (mantissa / 1024));
  };
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);

  test('is read exactly and comes back, every one of the 65,536', () => {
    const values = float32FromFloat16(halves);
    expect(values).toEqual(Float32Array.from(halves, halfValue));
    const back = float16FromFloat32(values);
    expect(halves.filter((half, i) => back[i] !== half && !Number.isNaN(values[i]))).toEqual(new Uint16Array(0));
    expect(Number.isNaN(float32FromFloat16(float16FromFloat32(Float32Array.of(Number.NaN)))[0])).toBe(true);
  });

  test('rounds to the nearest, ties to even, between all neighbours', () => {
    const step = new Float32Array(1);
    const stepBits = new Uint32Array(step.buffer);
    const inputs: number[] = [];
    const expected: number[] = [];
    for (let half = 0; half < 0x7c00; half++) {
      const above = half === 0x7bff ? 65536 : halfValue(half + 1);
      step[0] = (halfValue(half) + above) / 2;
      const tie = step[0];
      stepBits[0]--;
      inputs.push(step[0], tie, -tie);
      stepBits[0] += 2;
      inputs.push(step[0]);
      const even = half + (half & 1);
      expected.push(half, even, even | 0x8000, half + 1);
    }
    expect(float16FromFloat32(Float32Array.from(inputs))).toEqual(Uint16Array.from(expected));
  });
});

describe('readSafetensors', () => {
  test('reads every dtype, at odd offsets, and metadata', () => {
    const bytes = file(
      {
        __metadata__: { format: 'pt', __proto: 'x' },
        u8: entry('U8', [1], [0, 1]),
        f32: entry('F32', [2], [1, 9]),
        f16: entry('F16', [1, 1], [9, 11]),
        bf16: entry('BF16', [], [11, 13]),
        i64: entry('I64', [1], [13, 21]),
        i32: entry('I32', [1], [21, 25]),
        empty: entry('F32', [0, 3], [25, 25]),
      },
      25,
    );
    const data = new DataView(bytes.buffer, bytes.length - 25);
    data.setUint8(0, 200);
    data.setFloat32(1, 1.5, true);
    data.setFloat32(5, -0.1, true);
    data.setUint16(9, 0xc000, true);
    data.setUint16(11, 0x3fc0, true);
    data.setBigInt64(13, -7n, true);
    data.setInt32(21, -100000, true);
    const { tensors, metadata } = readSafetensors(bytes);
    const values = Object.fromEntries([...tensors].map(([name, tensor]) => [name, [...toFloat32(tensor)]]));
    expect(values).toEqual({
      u8: [200],
      f32: [1.5, Math.fround(-0.1)],
      f16: [-2],
      bf16: [1.5],
      i64: [-7],
      i32: [-100000],
      empty: [],
    });
    expect(tensors.get('f16')).toMatchObject({ dtype: 'F16', shape: [1, 1] });
    expect([...metadata]).toEqual([
      ['format', 'pt'],
      ['__proto', 'x'],
    ]);
  });

  test('takes a tensor called __proto__ for a tensor', () => {
    const bytes = file('{"__proto__":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 2);
    expect([...readSafetensors(bytes).tensors.keys()]).toEqual(['__proto__']);
  });

  const u8 = entry('U8', [4], [0, 4]);
  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /expected a safetensors file, found an empty file/],
    ['seven bytes', new Uint8Array(7), /expected 8 bytes of header length, the file has 7/],
    ['a header cut short', file({ a: u8 }, 4).subarray(0, 20), /header of \d+ bytes does not fit the file's 20/],
    ['an enormous header', new Uint8Array(64).fill(255), /header of 18446744073709551615 bytes does not fit/],
    ['a header that is not JSON', file('{"a":', 0), /the header is not JSON/],
    ['a header that is not UTF-8', file({ a: u8 }, 4).fill(0xff, 10, 11), /the header is not JSON/],
    ['a header that is a list', file([], 0), /expected the header to be a JSON object/],
    ['an entry that is no object', file({ a: 3 }, 0), /tensor "a": expected an object with dtype/],
    ['an unknown dtype', file({ a: entry('F8_E4M3', [4], [0, 4]) }, 4), /"a": expected a dtype of F32.*"F8_E4M3"/],
    ['a dtype of the prototype', file({ a: entry('toString', [4], [0, 4]) }, 4), /"a": expected a dtype/],
    [
      'a negative size',
      file({ a: entry('U8', [-2, -2], [0, 4]) }, 4),
      /"a": expected a shape of sizes, found \[-2,-2\]/,
    ],
    ['a size that is no number', file('{"a":{"dtype":"U8","shape":[NaN],"data_offsets":[0,4]}}', 4), /not JSON/],
    [
      'a size beyond all numbers',
      file('{"a":{"dtype":"U8","shape":[1e999],"data_offsets":[0,4]}}', 4),
      /"a": expected a shape of sizes/,
    ],
    [
      'sizes whose product is beyond all files',
      file({ a: entry('F32', [2 ** 40, 2 ** 40], [0, 4]) }, 4),
      /"a": F32 .* takes \d.* bytes, data_offsets hold 4/,
    ],
    ['a deeply nested header', file(`${'['.repeat(200_000)}`, 0), /not JSON/],
    ['a shape that is no list', file({ a: entry('U8', 4, [0, 4]) }, 4), /"a": expected a shape of sizes, found 4/],
    [
      'a single offset',
      file({ a: entry('U8', [4], [0]) }, 4),
      /"a": expected data_offsets \[begin, end\], found \[0\]/,
    ],
    ['offsets in reverse', file({ a: entry('U8', [4], [4, 0]) }, 4), /"a": bytes 4 to 0 are outside/],
    ['data cut short', file({ a: u8 }, 3), /"a": bytes 0 to 4 are outside of the file's 3 bytes of data/],
    ['a range of the wrong length', file({ a: entry('F32', [2], [0, 4]) }, 4), /F32 \[2\] takes 8 bytes.*hold 4/],
    ['overlapping tensors', file({ a: u8, b: entry('U8', [4], [2, 6]) }, 6), /"b" overlaps the tensor before it/],
    ['a gap', file({ a: u8, b: entry('U8', [4], [5, 9]) }, 9), /"b" leaves a gap before it: it begins at byte 5/],
    ['data of no tensor', file({ a: u8 }, 6), /end at byte 4 of 6 bytes/],
    ['metadata that is no object', file({ __metadata__: [] }, 0), /expected __metadata__ to be an object/],
    ['metadata that is no string', file({ __metadata__: { epoch: 3 } }, 0), /string for __metadata__ "epoch"/],
    [
      'a name given twice',
      file(
        '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},' +
          '"\\u0061":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}',
        4,
      ),
      /"a" is in it twice/,
    ],
  ])('refuses %s, in memory and by ranges', async (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
    await expect(openSafetensors(memorySource(bytes, 'weights.safetensors'))).rejects.toThrow(message);
  });
});

describe('writeSafetensors', () => {
  const tensors: [string, StoredTensor][] = [
    ['b', fromFloat32(Float32Array.of(1, 2.0009765625, -3, 1e-8), [2, 2], 'F16')],
    ['c', fromFloat32(Float32Array.of(0.1), [])],
    ['a', fromFloat32(new Float32Array(0), [0, 5])],
    ['u', storedTensor('U8', [3], Uint8Array.of(1, 2, 3))],
  ];

  const written = async (content: SafetensorsContent): Promise<Uint8Array<ArrayBuffer>> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of safetensorsPieces(content)) pieces.push(piece);
    return new Uint8Array(Buffer.concat(pieces));
  };

  test('is read back, whatever the order it was given in', async () => {
    const bytes = await written({ tensors: new Map(tensors), metadata: new Map([['epoch', '3']]) });
    const reversed = { tensors: new Map(tensors.toReversed()), metadata: new Map([['epoch', '3']]) };
    expect(await written(reversed)).toEqual(bytes);
    const read = readSafetensors(bytes);
    expect([...read.tensors.keys()]).toEqual(['a', 'c', 'b', 'u']);
    expect([...read.metadata]).toEqual([['epoch', '3']]);
    expect([...toFloat32(read.tensors.get('b')!)]).toEqual([1, 2, -3, 0]);
    expect([...toFloat32(read.tensors.get('c')!)]).toEqual([Math.fround(0.1)]);
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
  });

  test('reads a large tensor in blocks, where it can be read in parts', async () => {
    const block = new Uint8Array(2 ** 26);
    const rows = (first: number, count: number): WeightTensor => ({
      dtype: 'F32',
      shape: [count, 2 ** 23],
      read: async () => block.subarray(0, count * 2 ** 25).fill(first),
    });
    const tensor: WeightTensor = { ...rows(0, 5), read: () => Promise.reject(new Error('read at once')), rows };
    const found: number[] = [];
    for await (const { length, 0: first } of safetensorsPieces({
      tensors: new Map([['w', tensor]]),
      metadata: noMetadata,
    }))
      found.push(length, first);
    expect(found.slice(2)).toEqual([2 ** 26, 0, 2 ** 26, 2, 2 ** 25, 4]);
  });

  test('refuses bytes that do not fit the shape', async () => {
    const bad = new Map([['w', { ...tensors[0][1], shape: [3] }]]);
    await expect(written({ tensors: bad, metadata: noMetadata })).rejects.toThrow(
      '"w": F16 [3] takes 6 bytes, found 8',
    );
  });
});

describe('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'webcir-'));
  afterAll(() => rm(folder, { recursive: true }));

  test('go to disk and back', async () => {
    const path = join(folder, 'weights.safetensors');
    const tensors = new Map([['w', fromFloat32(Float32Array.of(1, 2, 3), [3])]]);
    await writeSafetensorsFile(path, { tensors, metadata: noMetadata });
    expect([...(await readFloat32((await openWeights(path)).tensors.get('w')!))]).toEqual([1, 2, 3]);
  });

  test('are named in errors', async () => {
    const path = join(folder, 'damaged.safetensors');
    await writeFile(path, 'PK'); // not even the start of a zip
    await expect(openWeights(path)).rejects.toThrow(`${path}: safetensors: expected 8 bytes`);
    const missing = join(folder, 'missing.safetensors');
    await expect(openWeights(missing)).rejects.toThrow(`${missing}: there is no such file`);
  });
});
