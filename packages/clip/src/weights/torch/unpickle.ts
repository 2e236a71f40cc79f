import type { Fail } from './fail.ts';
import { pickleReader } from './pickle-reader.ts';
import {
  build,
  call,
  DICT_STEPS,
  inert,
  instantiate,
  referred,
  type Spend,
  setItem,
  symbol,
} from './pickle-symbols.ts';
import { describe, isInert, type PickleValue, quote, type StorageRef } from './pickle-value.ts';

/** Limit far above what checkpoints need (40 opcodes and 200 bytes a tensor): more could only fill the memory. */
const MAX_STEPS = 1 << 20;
export const MAX_PICKLE_BYTES = 1 << 24;
const STOP = 0x2e;

export interface Unpickled {
  readonly value: PickleValue;
  /** The first byte after the pickle. */
  readonly end: number;
  /** Every storage that it refers to, by key. */
  readonly storages: ReadonlyMap<string, StorageRef>;
}

/**
 * Reads a pickle, as `torch.save` and TorchScript write them, without running anything: Python names stay names. Those
 * on a short list, which weights need, make tensors and dicts; all others make placeholders. Knows the opcodes of
 * protocols 2 to 5 and of Python 2's strings and classes, but not the text opcodes of protocol 0, which PyTorch never
 * writes.
 *
 * Nothing here recurses, and time and memory are bounded by `MAX_STEPS` and the number of bytes.
 *
 * @param name of the file, for errors
 * @param begin the byte of `bytes` at which the pickle begins
 * @throws Error naming the file and the byte
 */
export function unpickle(bytes: Uint8Array, name: string, begin = 0): Unpickled {
  let opcodeAt = begin;
  const fail: Fail = (problem) => {
    throw new Error(`${name}: byte ${opcodeAt} of the pickle ${problem}`);
  };
  let steps = 0;
  const spend: Spend = (more) => {
    steps += more;
    if (steps > MAX_STEPS) fail(`is past ${MAX_STEPS} steps, more than any weights need.`);
  };
  const reader = pickleReader(bytes, begin, fail);
  const stack: PickleValue[] = [];
  const marks: number[] = [];
  const memo = new Map<number, PickleValue>();
  const storages = new Map<string, StorageRef>();

  const push = (value: PickleValue): void => {
    stack.push(value);
  };
  const pushDict = (): void => {
    spend(DICT_STEPS);
    push(new Map());
  };
  const top = (): PickleValue => {
    if (stack.length === (marks.at(-1) ?? 0)) fail('takes a value that is not there.');
    return stack[stack.length - 1];
  };
  const pop = (): PickleValue => {
    const value = top();
    stack.pop();
    return value;
  };
  const popMarked = (): PickleValue[] => stack.splice(marks.pop() ?? fail('ends a group that was not begun.'));
  const popMany = (count: number): PickleValue[] => Array.from({ length: count }, pop).reverse();
  const append = (values: PickleValue[]): void => {
    const list = top();
    if (isInert(list)) return;
    if (!Array.isArray(list)) fail(`appends to ${describe(list)}, expected a list.`);
    for (const value of values) list.push(value);
  };
  const setItems = (items: PickleValue[]): void => {
    const map = top();
    if (isInert(map)) return;
    if (!(map instanceof Map)) fail(`sets items of ${describe(map)}, expected a dict.`);
    if (items.length % 2) fail('sets a key without a value.');
    for (let i = 0; i < items.length; i += 2) setItem(map, items[i], items[i + 1], fail);
  };
  const recall = (index: number): void => {
    const value = memo.get(index);
    push(value === undefined ? fail(`recalls value ${index}, which was not kept.`) : value);
  };
  const named = (): void => {
    const [module, global] = popMany(2);
    if (typeof module !== 'string' || typeof global !== 'string') fail('asks for a name that is no text.');
    push(symbol(module, global));
  };
  const pushText = (length: number): void => push(reader.text(length) ?? inert('bytes'));
  const pushBytes = (length: number): void => {
    reader.skip(length);
    push(inert('bytes'));
  };
  /** A storage must be the same wherever it is referred to: its bytes exist once. */
  const refer = (): void => {
    const storage = referred(pop(), fail);
    if (isInert(storage)) {
      push(storage);
      return;
    }
    const known = storages.get(storage.key) ?? storage;
    if (known.dtype !== storage.dtype || known.length !== storage.length) {
      fail(`refers to storage ${quote(storage.key)} as two different ones.`);
    }
    storages.set(storage.key, known);
    push(known);
  };
  const buildTop = (state: PickleValue): void => build(top(), state, fail);
  const reduce = (): void => {
    const [target, args] = popMany(2);
    push(call(target, args, fail, spend));
  };

  // Names are those of Python's pickletools.
  const opcodes: { readonly [opcode: string]: () => unknown } = {
    '\x80': () => reader.byte() > 5 && fail('begins a pickle of a protocol after 5.'), // PROTO
    '\x95': () => reader.uint(8), // FRAME: a hint for reading in pieces
    '(': () => marks.push(stack.length), // MARK
    N: () => push(null), // NONE
    '\x88': () => push(true), // NEWTRUE
    '\x89': () => push(false), // NEWFALSE
    K: () => push(reader.byte()), // BININT1
    M: () => push(reader.uint(2)), // BININT2
    J: () => push(reader.int32()), // BININT
    '\x8a': () => push(reader.long(reader.byte())), // LONG1
    '\x8b': () => push(reader.long(reader.uint(4))), // LONG4
    G: () => push(reader.float64()), // BINFLOAT
    U: () => pushText(reader.byte()), // SHORT_BINSTRING
    T: () => pushText(reader.uint(4)), // BINSTRING
    '\x8c': () => pushText(reader.byte()), // SHORT_BINUNICODE
    X: () => pushText(reader.uint(4)), // BINUNICODE
    '\x8d': () => pushText(reader.uint(8)), // BINUNICODE8
    C: () => pushBytes(reader.byte()), // SHORT_BINBYTES
    B: () => pushBytes(reader.uint(4)), // BINBYTES
    '\x8e': () => pushBytes(reader.uint(8)), // BINBYTES8
    '\x96': () => pushBytes(reader.uint(8)), // BYTEARRAY8
    ')': () => push([]), // EMPTY_TUPLE
    '\x85': () => push(popMany(1)), // TUPLE1
    '\x86': () => push(popMany(2)), // TUPLE2
    '\x87': () => push(popMany(3)), // TUPLE3
    t: () => push(popMarked()), // TUPLE
    ']': () => push([]), // EMPTY_LIST
    a: () => append(popMany(1)), // APPEND
    e: () => append(popMarked()), // APPENDS
    '}': pushDict, // EMPTY_DICT
    s: () => setItems(popMany(2)), // SETITEM
    u: () => setItems(popMarked()), // SETITEMS
    '\x8f': () => push(inert('set')), // EMPTY_SET
    '\x90': () => append(popMarked()), // ADDITEMS
    '\x91': () => popMarked() && push(inert('frozenset')), // FROZENSET
    '0': pop, // POP
    '1': popMarked, // POP_MARK
    q: () => memo.set(reader.byte(), top()), // BINPUT
    r: () => memo.set(reader.uint(4), top()), // LONG_BINPUT
    '\x94': () => memo.set(memo.size, top()), // MEMOIZE
    h: () => recall(reader.byte()), // BINGET
    j: () => recall(reader.uint(4)), // LONG_BINGET
    c: () => push(symbol(reader.line(), reader.line())), // GLOBAL
    '\x93': named, // STACK_GLOBAL
    R: reduce, // REDUCE
    '\x81': () => push(instantiate(popMany(2)[0], fail)), // NEWOBJ
    '\x92': () => push(instantiate(popMany(3)[0], fail)), // NEWOBJ_EX
    i: () => popMarked() && push(instantiate(symbol(reader.line(), reader.line()), fail)), // INST
    o: () => push(instantiate(popMarked()[0], fail)), // OBJ
    b: () => buildTop(pop()), // BUILD
    Q: refer, // BINPERSID
  };

  for (;;) {
    opcodeAt = reader.at;
    spend(1);
    const opcode = reader.byte();
    if (opcode === STOP) break;
    const run = opcodes[String.fromCharCode(opcode)];
    if (!run) fail(`is opcode 0x${opcode.toString(16).padStart(2, '0')}, which PyTorch does not write for weights.`);
    run();
  }
  const value = pop();
  if (stack.length > 0 || marks.length > 0) fail('ends the pickle with values left over.');
  return { value, end: reader.at, storages };
}
