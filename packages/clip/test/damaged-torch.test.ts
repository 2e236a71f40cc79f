import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../src/weights/source.ts';
import { openTorch } from '../src/weights/torch/open-torch.ts';
import * as p from './containers.ts';

const NAME = 'weights.pt';

/** Opens a file and reads all of it. */
async function readAll(bytes: Uint8Array): Promise<void> {
  for (const tensor of (await openTorch(memorySource(bytes, NAME))).tensors.values()) await tensor.read();
}

const TIME_MS = 2000;
const MEMORY_KIB = 200 * 1024;

/** Expects one Error that begins with the file's name, soon, without much memory. */
async function expectRefused(bytes: Uint8Array, message: RegExp): Promise<void> {
  const memory = process.resourceUsage().maxRSS;
  const start = performance.now();
  const error: unknown = await readAll(bytes).catch((thrown: unknown) => thrown);
  expect(performance.now() - start).toBeLessThan(TIME_MS);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message.startsWith(`${NAME}: `)).toBe(true);
  expect((error as Error).message.length).toBeLessThan(500);
  expect(process.resourceUsage().maxRSS - memory).toBeLessThan(MEMORY_KIB);
}

const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);
const none = p.none;
const emptyTuple: p.Bytes = [0x29];
const put = (index: number): p.Bytes => [0x71, index];
const get = (index: number): p.Bytes => [0x68, index];
const REDUCE: p.Bytes = [0x52];
const BUILD: p.Bytes = [0x62];

/** Hostile pickles: what is between PROTO and STOP. */
const PICKLES: readonly [string, p.Bytes, RegExp][] = [
  [
    'a call of os.system',
    p.call(p.named('os', 'system'), p.text('true')),
    /it holds an object of Python's "os.system", expected a state dict/,
  ],
  [
    'eval, as protocol 4 has it',
    [...p.text('builtins'), ...p.text('eval'), 0x93],
    /it holds the name "builtins.eval", expected a state dict/,
  ],
  ['a call of a name of the prototype', p.call(p.named('', 'toString')), /an object of Python's ".toString"/],
  ['a name that is no text', [...p.int(1), ...p.int(2), 0x93], /asks for a name that is no text/],
  [
    'a whole model',
    [...p.named('clip.model', 'CLIP'), ...emptyTuple, 0x81, ...p.dict(['w', p.pair()]), ...BUILD],
    /an object of Python's "clip.model.CLIP".*Save the model's state_dict/,
  ],
  [
    'a tensor of a kind that no weights have',
    p.dict(['w', p.pair()], ['q', p.call(p.named('torch._utils', '_rebuild_qtensor'), p.int(1))]),
    /entry "q" of the state dict is an object of Python's "torch._utils._rebuild_qtensor", expected a tensor/,
  ],
  [
    'a tensor of complex numbers',
    p.dict(['w', p.tensor(p.storage('0', p.int(1), 'ComplexFloatStorage'), p.tuple(p.int(1)), p.tuple(p.int(1)))]),
    /no tensors: it is a dict of 1/,
  ],
  [
    'a tensor with attributes that a number makes',
    p.call(p.named('torch._tensor', '_rebuild_from_type_v2'), p.int(1), p.none, p.tuple(), p.emptyDict),
    /makes a tensor with the number 1, expected a function/,
  ],
  ['a name without an end', [0x63, ...p.ascii('o'.repeat(5000))], /a name without an end in 512 bytes/],
  ['a name that is not UTF-8', [0x63, 0xff, 0x0a], /holds a name that is not UTF-8/],
  ['a call of a number', p.call(p.int(7), p.int(1)), /calls the number 7, which is no function/],
  [
    'a call without a tuple',
    [...p.named('torch', 'Size'), ...p.int(1), ...REDUCE],
    /calls .*"torch.Size" with the number 1/,
  ],
  [
    'a tensor of no storage',
    p.dict(['w', p.tensor(p.int(1), p.tuple(), p.tuple())]),
    /makes a tensor of the number 1, expected a storage/,
  ],
  [
    'a parameter of no tensor',
    p.call(p.named('torch._utils', '_rebuild_parameter'), p.text('x')),
    /makes a parameter of the text "x"/,
  ],
  ['a function without its argument', p.call(p.named('torch', 'Size')), /calls a function without its argument/],
  [
    'an OrderedDict of a number',
    p.call(p.named('collections', 'OrderedDict'), p.int(1)),
    /makes an OrderedDict of the number 1/,
  ],
  [
    'an OrderedDict of no pairs',
    p.call(p.named('collections', 'OrderedDict'), p.list(p.int(1))),
    /OrderedDict of the number 1, expected a pair/,
  ],
  ['a new object of a number', [...p.int(1), ...emptyTuple, 0x81], /makes an object of the number 1, expected a class/],
  ['a state of a number', [...p.int(1), ...p.emptyDict, ...BUILD], /gives a state to the number 1/],
  [
    'a state that is no dict',
    [...p.script(p.int(1))],
    /gives a TorchScript module the state the number 1, expected a dict/,
  ],
  ['a state of a tensor', [...p.pair(), ...p.emptyDict, ...BUILD], /gives a state to a tensor/],
  [
    'a second state',
    [...p.script(p.dict(['w', p.pair()])), ...p.emptyDict, ...BUILD],
    /gives a TorchScript module a second state/,
  ],
  ['EXT1', [0x82, 1], /is opcode 0x82/],
  ['the text opcodes of protocol 0', [0x49, ...p.ascii('1\n')], /is opcode 0x49, which PyTorch does not write/],
  ['a protocol after 5', [0x80, 9], /begins a pickle of a protocol after 5/],
  ['an id that is no tuple', [...p.text('storage'), 0x51], /refers to the text "storage", expected \('storage'/],
  ['an id of two', [...p.tuple(p.text('storage'), p.text('0')), 0x51], /refers to a list of 2, expected \('storage'/],
  [
    'an id of an unknown class',
    [...p.tuple(p.text('storage'), p.named('torch', 'Size'), p.text('0'), p.text('cpu'), p.int(2)), 0x51],
    /it holds an object of Python's "torch.Size"/,
  ],
  ['a storage of negative length', p.storage('0', p.int(-1)), /a storage of length the number -1/],
  ['a storage of fractional length', p.storage('0', p.float(1.5)), /a storage of length the number 1.5/],
  [
    'one storage of two lengths',
    p.tuple(p.storage('0', p.int(2)), p.storage('0', p.int(1))),
    /refers to storage "0" as two different ones/,
  ],
  [
    'one storage of two dtypes',
    p.tuple(p.storage('0', p.int(2)), p.storage('0', p.int(2), 'IntStorage')),
    /storage "0" as two different/,
  ],
  [
    'an old view of a storage',
    [
      ...p.tuple(p.text('storage'), p.named('torch', 'FloatStorage'), p.text('0'), p.text('cpu'), p.int(2), p.tuple()),
      0x51,
    ],
    /before 0.4/,
  ],
  [
    'a huge integer',
    [0x8b, ...p.uint(4, 2 ** 31), ...zeros(40)],
    /an integer of 2147483648 bytes, expected at most 64/,
  ],
  ['a text longer than the file', [0x58, ...p.uint(4, 0xfffffff0), 0x41], /wants 4294967280 bytes, and 2 are left/],
  ['a text of 2^63 bytes', [0x8d, ...p.uint(8, 2 ** 63), 0x41], /wants 9223372036854776000 bytes/],
  [
    'a tensor whose name is not UTF-8',
    [...p.emptyDict, 0x58, 2, 0, 0, 0, 0xff, 0xfe, ...p.pair(), 0x73],
    /the state dict has an object of Python's "bytes" for a name/,
  ],
  ['a value that was not kept', get(3), /recalls value 3, which was not kept/],
  ['a value that is not there', [0x85], /takes a value that is not there/],
  ['a value from before a mark', [...p.int(1), 0x28, 0x61], /takes a value that is not there/],
  ['a group that was not begun', [0x74], /ends a group that was not begun/],
  ['values left over', [...p.int(1), ...p.int(2)], /ends the pickle with values left over/],
  ['items of a number', [...p.int(1), ...p.int(2), ...p.int(3), 0x73], /sets items of the number 1/],
  ['a key without a value', [...p.emptyDict, 0x28, ...p.int(1), 0x75], /sets a key without a value/],
  ['appending to a dict', [...p.emptyDict, ...p.int(1), 0x61], /appends to an empty dict/],
  ['a name twice', p.dict(['w', p.pair()], ['w', p.pair()]), /has the text "w" twice as a key/],
  [
    'a TorchScript module in itself',
    [...p.named('__torch__.m', 'M'), ...emptyTuple, 0x81, ...put(0), ...p.dict(['m', get(0)]), ...BUILD],
    /nest too deep.*at "m\.m/,
  ],
  [
    'a TorchScript name that is no text',
    p.script([...p.emptyDict, ...p.int(1), ...p.pair(), 0x73]),
    /TorchScript module has the number 1 for a name/,
  ],
  [
    'two TorchScript tensors of one name',
    p.script(p.dict(['a.b', p.pair()], ['a', p.script(p.dict(['b', p.pair()]))])),
    /two tensors called "a.b"/,
  ],
  [
    'a TorchScript module without tensors',
    p.script(p.dict(['training', p.none])),
    /module "__torch__.m.M" has no tensors/,
  ],
  ['a number', p.int(7), /it holds the number 7, expected a state dict/],
  ['a single tensor', p.pair(), /it holds a tensor, expected a state dict/],
  ['an empty dict', p.emptyDict, /no tensors: it is an empty dict/],
  [
    'a dict without tensors',
    p.dict(['epoch', p.int(3)], ['CLIP', p.emptyDict]),
    /no tensors: it is a dict of 2 with the text "epoch", the text "CLIP"/,
  ],
  [
    'two state dicts',
    p.dict(['CLIP', p.dict(['w', p.pair()])], ['Combiner', p.dict(['w', p.pair()])]),
    /several dicts of tensors, the text "CLIP", the text "Combiner"/,
  ],
  [
    'a state dict with a number',
    p.dict(['CLIP', p.dict(['w', p.pair()], ['step', p.int(3)])]),
    /entry "step" of the state dict is the number 3/,
  ],
  [
    'a state dict with a numbered tensor',
    [...p.emptyDict, ...p.int(1), ...p.pair(), 0x73],
    /the state dict has the number 1 for a name/,
  ],
];

const many = (count: number, make: (i: number) => p.Bytes): p.Bytes => {
  const opcodes: number[] = [];
  for (let i = 0; i < count; i++) opcodes.push(...make(i));
  return opcodes;
};
const manyKeys = (count: number, value: p.Bytes): p.Bytes => [
  ...p.emptyDict,
  ...many(count, (i) => [...p.int(i), ...value, 0x73]),
];

/** Small files that demand much memory; they are made when needed. */
const BOMBS: readonly [string, () => p.Bytes, RegExp][] = [
  ['two million dicts', () => many(2_000_000, () => p.emptyDict), /is past \d+ steps/],
  ['a million kept lists', () => many(1_000_000, () => [0x5d, 0x94]), /is past \d+ steps/],
  [
    'lists in lists, deep',
    () => [...many(400_000, () => [0x5d]), ...many(399_999, () => [0x61])],
    /it holds a list of 1, expected a state dict/,
  ],
  [
    'dicts made of one list again and again',
    () => [
      ...[0x5d, ...put(0), ...many(30_000, (i) => [...p.int(i), ...none, 0x86, 0x61])],
      ...many(1000, () => [...p.named('collections', 'OrderedDict'), ...get(0), 0x85, ...REDUCE]),
    ],
    /is past \d+ steps/,
  ],
  [
    'one large dict under many keys',
    () => [...manyKeys(100_000, none), ...put(0), ...manyKeys(100_000, get(0)), 0x86, ...p.emptyDict, 0x86],
    /it holds a list of 2/,
  ],
  [
    'modules that double at each of 40 depths',
    () => {
      let module = p.script(p.dict(['w', p.pair()]));
      for (let i = 0; i < 40; i++) module = p.script(p.dict(['a', [...module, ...put(i)]], ['b', get(i)]));
      return module;
    },
    /nest too deep/,
  ],
];

const floats = p.storage('0', p.int(2));
const sized = (...sizes: p.Bytes[]): p.Bytes =>
  p.tensor(floats, p.tuple(...sizes), p.tuple(...sizes.map(() => p.int(1))));

/** Tensors that do not fit their storage of two floats. */
const TENSORS: readonly [string, p.Bytes, RegExp][] = [
  ['a negative size', sized(p.int(-2)), /expected a shape of sizes, found the number -2/],
  ['two negative sizes', sized(p.int(-1), p.int(-2)), /found the number -1 in it/],
  ['a fractional size', sized(p.float(1.5)), /found the number 1.5 in it/],
  ['a size of NaN', sized(p.float(Number.NaN)), /found the number NaN in it/],
  ['an infinite size', sized(p.float(Number.POSITIVE_INFINITY)), /found the number Infinity in it/],
  ['a size beyond 2^53', sized([0x8a, 9, ...p.uint(8, 2 ** 60), 0]), /found the number 1152921504606846976 in it/],
  ['a size that is text', sized(p.text('2')), /found the text "2" in it/],
  ['a flag for a size', sized([0x88]), /found the flag true in it/],
  ['a size too many', sized(p.int(3)), /\[3\] at 0 with strides \[1\] is outside: its storage "0" has 2 values/],
  ['a product beyond 2^64', sized(...Array<p.Bytes>(4).fill(p.long(2 ** 40))), /is outside/],
  ['no values of endless axes', sized(...Array<p.Bytes>(40).fill(p.long(2 ** 52)), p.int(0)), /is outside/],
  [
    'more than 64 axes',
    sized(...Array<p.Bytes>(65).fill(p.int(1))),
    /expected a shape of at most 64 sizes, found a list of 65/,
  ],
  ['a shape that is a number', p.tensor(floats, p.int(2), p.tuple(p.int(1))), /expected a shape.* found the number 2/],
  ['other strides than sizes', p.tensor(floats, p.tuple(p.int(2)), p.tuple()), /has 1 sizes and 0 strides/],
  [
    'a negative stride',
    p.tensor(floats, p.tuple(p.int(2)), p.tuple(p.int(-1)), p.int(1)),
    /list of strides of sizes, found the number -1/,
  ],
  ['a stride too long', p.tensor(floats, p.tuple(p.int(2)), p.tuple(p.int(2))), /is outside/],
  ['one value repeated', p.tensor(floats, p.tuple(p.long(2 ** 40)), p.tuple(p.int(0))), /is outside/],
  [
    'a negative offset',
    p.tensor(floats, p.tuple(p.int(1)), p.tuple(p.int(1)), p.int(-1)),
    /expected an offset, found the number -1/,
  ],
  ['an offset too far', p.tensor(floats, p.tuple(p.int(1)), p.tuple(p.int(1)), p.int(2)), /is outside/],
  ['no values, outside', p.tensor(floats, p.tuple(p.int(0)), p.tuple(p.int(1)), p.int(3)), /is outside/],
];

const good = p.pickle(p.dict(['w', p.pair()]));
const data = { name: 'a/data.pkl', bytes: good };
const zeroth = { name: 'a/data/0', bytes: zeros(8) };
const packed = deflateRawSync(good);
const bomb = deflateRawSync(zeros(1 << 26));
const end = p.zip([data, zeroth]).length - 22;
const withEnd64 = (locator: p.Bytes): Uint8Array => {
  const bytes = p.zip([data, zeroth], { entries: 0xffff });
  return Uint8Array.from([...bytes.subarray(0, end), ...locator, ...bytes.subarray(end)]);
};

const ZIPS: readonly [string, () => Uint8Array, RegExp][] = [
  [
    'a zip cut in its directory',
    () => p.zip([data, zeroth]).subarray(0, end - 10),
    /zip directory is missing. Is the file cut short/,
  ],
  ['a zip cut in its data', () => p.zip([data, zeroth]).subarray(0, 100), /zip directory is missing/],
  ['a zip of four bytes', () => Uint8Array.from(p.ascii('PK\x03\x04')), /zip directory is missing/],
  ['a zip that lost its beginning', () => p.zip([data, zeroth]).slice(4), /expected a PyTorch file/],
  ['a zip without a pickle', () => p.zip([zeroth]), /zip file without a data.pkl/],
  [
    'a zip with two pickles',
    () => p.zip([data, zeroth, { name: 'b/data.pkl', bytes: good }]),
    /several pickles: "a\/data.pkl", "b\/data.pkl"/,
  ],
  ['two entries of one name', () => p.zip([data, zeroth, data]), /two zip entries called "a\/data.pkl"/],
  ['a missing storage', () => p.zip([data]), /zip entry "a\/data\/0" is missing/],
  [
    'a storage too short',
    () => p.zip([data, { name: 'a/data/0', bytes: zeros(7) }]),
    /"a\/data\/0" has 7 bytes, expected 8 for 2 of F32/,
  ],
  ['a storage too long', () => p.zip([data, { name: 'a/data/0', bytes: zeros(12) }]), /has 12 bytes, expected 8/],
  [
    'a storage larger than the file',
    () => p.zip([data, { ...zeroth, packedSize: 1 << 30, size: 1 << 30 }]),
    /of 1073741824 bytes does not fit between/,
  ],
  ['a storage of two sizes', () => p.zip([data, { ...zeroth, size: 16 }]), /has 16 bytes, expected 8/],
  [
    'a compressed storage',
    () => p.zip([data, { name: 'a/data/0', bytes: deflateRawSync(zeros(8)), method: 8, size: 8 }]),
    /"a\/data\/0" is compressed or encrypted/,
  ],
  ['an encrypted pickle', () => p.zip([{ ...data, flags: 1 }, zeroth]), /"a\/data.pkl" is encrypted or packed/],
  ['a pickle packed in an unknown way', () => p.zip([{ ...data, method: 14 }, zeroth]), /packed in an unknown way/],
  [
    'a pickle that unpacks to more than told',
    () => p.zip([{ name: 'a/data.pkl', bytes: bomb, method: 8, size: 100 }, zeroth]),
    /cannot be unpacked: more than the 100 bytes/,
  ],
  [
    'a pickle that unpacks to 64 MiB',
    () => p.zip([{ name: 'a/data.pkl', bytes: bomb, method: 8, size: 1 << 26 }, zeroth]),
    /has 67108864 bytes .* expected at most 16777216/,
  ],
  [
    'a pickle that unpacks to less than told',
    () => p.zip([{ name: 'a/data.pkl', bytes: packed, method: 8, size: 9999 }, zeroth]),
    /cannot be unpacked: \d+ bytes, the directory tells 9999/,
  ],
  [
    'a packed pickle cut short',
    () => p.zip([{ name: 'a/data.pkl', bytes: packed.subarray(0, 20), method: 8, size: good.length }, zeroth]),
    /cannot be unpacked/,
  ],
  [
    'a packed pickle of noise',
    () => p.zip([{ name: 'a/data.pkl', bytes: zeros(50).fill(0xee), method: 8, size: 50 }, zeroth]),
    /cannot be unpacked/,
  ],
  [
    'a stored pickle of two sizes',
    () => p.zip([{ ...data, size: 5 }, zeroth]),
    /stored, and of \d+ and 5 bytes at once/,
  ],
  [
    'entries that overlap',
    () => p.zip([data, { ...zeroth, offset: 20 }]),
    /zip entry "a\/data.pkl" of \d+ bytes does not fit between 0 and 20/,
  ],
  [
    'an entry outside of the file',
    () => p.zip([data, { ...zeroth, offset: 1 << 30 }]),
    /does not fit between 1073741824 and/,
  ],
  [
    'a local header that is none',
    () => p.zip([data, { ...zeroth, offset: good.length + 48 }]),
    /"a\/data\/0": its header at byte \d+ is damaged/,
  ],
  ['more entries told than there', () => p.zip([data, zeroth], { entries: 3 }), /directory has 2 entries, expected 3/],
  ['fewer entries told than there', () => p.zip([data, zeroth], { entries: 1 }), /directory has 2 entries, expected 1/],
  [
    'a directory longer than the file',
    () => p.zip([data, zeroth], { bytes: 1 << 30 }),
    /directory of 1073741824 bytes at \d+ does not fit/,
  ],
  ['a directory beyond the file', () => p.zip([data, zeroth], { offset: 1 << 30 }), /does not fit before byte/],
  [
    'a directory in the wrong place',
    () => p.zip([data, zeroth], { offset: 3 }),
    /entry 0 of its zip directory, at byte 3, is damaged/,
  ],
  [
    'a directory of 100,000 entries',
    () =>
      p.zip(
        Array.from({ length: 100_000 }, (_, i) => ({ name: `${i}`, bytes: zeros(0) })),
        { entries: 34_464 },
      ),
    /more than 4194304 bytes/,
  ],
  [
    'a zip64 zip without its records',
    () => p.zip([data, zeroth], { entries: 0xffff }),
    /zip64 directory is missing or damaged/,
  ],
  [
    'a zip64 locator that points outside',
    () => withEnd64([...p.ascii('PK\x06\x07'), 0, 0, 0, 0, ...p.uint(8, 2 ** 60), 1, 0, 0, 0]),
    /zip64 directory is missing or damaged/,
  ],
  [
    'a zip64 locator that points elsewhere',
    () => withEnd64([...p.ascii('PK\x06\x07'), 0, 0, 0, 0, ...p.uint(8, 0), 1, 0, 0, 0]),
    /zip64 directory is missing or damaged/,
  ],
  [
    'an entry without its zip64 sizes',
    () => p.zip([data, { ...zeroth, packedSize: 0xffffffff }]),
    /entry 1 of its zip directory.*no sizes in 64 bits/,
  ],
  [
    'big-endian values',
    () => p.saved(good, { name: 'a/byteorder', bytes: Uint8Array.from(p.ascii('big')) }),
    /little-endian byte order, found "big"/,
  ],
];

const MAGIC: p.Bytes = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const machine = (little: number): p.Bytes => [...p.pickle(p.dict(['little_endian', [little]]))];
const keys = (...names: string[]): p.Bytes => [...p.pickle(p.list(...names.map(p.text)))];
const legacy = (...parts: p.Bytes[]): Uint8Array =>
  Uint8Array.from([...MAGIC, ...p.pickle(p.int(1001)), ...machine(0x88), ...parts.flat()]);
const twoValues: p.Bytes = [...p.uint(8, 2), ...zeros(8)];

const OTHERS: readonly [string, Uint8Array, RegExp][] = [
  ['an empty file', zeros(0), /expected a PyTorch file, found an empty file/],
  ['a web page', Uint8Array.from(p.ascii('\n<!DOCTYPE html><html>')), /found a web page/],
  [
    'a Git LFS pointer',
    Uint8Array.from(p.ascii('version https://git-lfs.github.com/spec/v1\noid sha256:')),
    /pointer of Git LFS: run `git lfs pull`/,
  ],
  ['noise', zeros(100).fill(7), /begins with "PK" or a pickle, found .*Is it whole/],
  ['a pickle of something else', good, /a pickle, but not one of torch.save/],
  ['a legacy file of another protocol', Uint8Array.from([...MAGIC, ...p.pickle(p.int(1000))]), /not one of torch.save/],
  [
    'a legacy file cut in its magic number',
    Uint8Array.from(MAGIC.slice(0, 8)),
    /byte 2 of the pickle wants 10 bytes, and 4 are left/,
  ],
  ['a legacy file cut after it', Uint8Array.from(MAGIC), /byte 15 of the pickle wants 1 bytes, and 0 are left/],
  [
    'a legacy file of a big-endian machine',
    Uint8Array.from([...MAGIC, ...p.pickle(p.int(1001)), ...machine(0x89)]),
    /little-endian byte order/,
  ],
  ['a legacy file without keys', legacy([...good]), /byte \d+ of the pickle wants 1 bytes/],
  [
    'a legacy file whose keys are none',
    legacy([...good], [...p.pickle(p.int(1))]),
    /expected the keys of its storages, found the number 1/,
  ],
  [
    'a legacy file of an unknown key',
    legacy([...good], keys('1'), twoValues),
    /a storage the text "1" that no tensor uses/,
  ],
  ['a legacy file of a key twice', legacy([...good], keys('0', '0'), twoValues, twoValues), /or has it twice/],
  [
    'a legacy file of a missing key',
    legacy([...good], keys(), twoValues),
    /tensor "w": storage "0" is not in the file/,
  ],
  [
    'a legacy file cut in its values',
    legacy([...good], keys('0'), twoValues.slice(0, 12)),
    /storage "0" ends at byte \d+ of \d+. The file is cut short/,
  ],
  [
    'a legacy storage of another length',
    legacy([...good], keys('0'), p.uint(8, 3), [...zeros(12)]),
    /storage "0" at byte \d+ has 3 values, expected 2/,
  ],
];

const inDict = (tensor: p.Bytes): Uint8Array => p.saved(p.pickle(p.dict(['w', tensor])));

describe('openTorch refuses', () => {
  const rows: [string, () => Uint8Array, RegExp][] = [
    ...PICKLES.map(([name, opcodes, message]) => [name, () => p.saved(p.pickle(opcodes)), message] as const),
    ...BOMBS.map(([name, opcodes, message]) => [name, () => p.saved(p.pickle(opcodes())), message] as const),
    ...TENSORS.map(([name, tensor, message]) => [name, () => inDict(tensor), message] as const),
    ...ZIPS,
    ...OTHERS.map(([name, bytes, message]) => [name, () => bytes, message] as const),
  ].map((row) => [...row]);
  test.each(rows)('%s', async (_, bytes, message) => expectRefused(bytes(), message));
});

describe('a file that is damaged anywhere', () => {
  /** Failures that no file should cause: not an Error of ours, or one without the file's name. */
  const unclear = async (bytes: Uint8Array): Promise<string[]> => {
    const error: unknown = await readAll(bytes).catch((thrown: unknown) => thrown);
    const clear = error === undefined || (error instanceof Error && error.message.startsWith(`${NAME}: `));
    return clear ? [] : [String(error)];
  };

  test.each(['views.pt', 'views-legacy.pt'])('gives one clear error or is read: %s', async (name) => {
    const whole = await p.container(name);
    const found: string[] = [];
    for (let at = 0; at < whole.length; at++) {
      found.push(...(await unclear(whole.subarray(0, at))));
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = whole.slice();
        bytes[at] ^= flip;
        found.push(...(await unclear(bytes)));
      }
    }
    expect(found).toEqual([]);
  });

  test.each(['views.pt', 'views-legacy.pt'])('is refused wherever it is cut: %s', async (name) => {
    const whole = await p.container(name);
    for (let at = 0; at < whole.length; at += 7) {
      await expect(readAll(whole.subarray(0, at)), `cut at ${at}`).rejects.toThrow(`${NAME}: `);
    }
  });
});
