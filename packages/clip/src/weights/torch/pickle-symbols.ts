import type { TensorDtype } from '../dtype.ts';
import type { Fail } from './fail.ts';
import {
  describe,
  isStorage,
  isSymbol,
  isTensor,
  type PickleMap,
  type PickleSymbol,
  type PickleValue,
  quote,
  type StorageRef,
} from './pickle-value.ts';

/** PyTorch's storage class of each dtype. */
export const STORAGE_CLASSES: { readonly [dtype in TensorDtype]: string } = {
  F64: 'DoubleStorage',
  F32: 'FloatStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  I64: 'LongStorage',
  I32: 'IntStorage',
  I16: 'ShortStorage',
  I8: 'CharStorage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
};
const STORAGE_DTYPES: ReadonlyMap<string, TensorDtype> = new Map(
  Object.entries(STORAGE_CLASSES).map(([dtype, name]) => [`torch.${name}`, dtype as TensorDtype]),
);

const TORCH_DTYPES = 'float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool'.split(' ');
const SCRIPT_CLASS = /^__torch__\./;

/** Counts steps of work, and fails when there are more than any weights need. */
export type Spend = (steps: number) => void;

/** Steps that a dict counts as: an empty Map takes as much memory as several numbers. */
export const DICT_STEPS = 8;

/** Makes a value from the arguments that a pickle calls a name with. */
type Call = (args: readonly PickleValue[], fail: Fail, spend: Spend) => PickleValue;

const same: Call = ([value], fail) => value ?? fail('calls a function without its argument.');

function rebuildTensor([storage, offset, size, stride]: readonly PickleValue[], fail: Fail): PickleValue {
  if (!isStorage(storage)) fail(`makes a tensor of ${describe(storage)}, expected a storage.`);
  return { kind: 'tensor', storage, offset, size, stride };
}

/** Python 3 fills an OrderedDict after it is made; Python 2 passes a list of pairs. */
function orderedDict([pairs]: readonly PickleValue[], fail: Fail, spend: Spend): PickleValue {
  spend(DICT_STEPS);
  const map: PickleMap = new Map();
  if (pairs === undefined) return map;
  if (!Array.isArray(pairs)) fail(`makes an OrderedDict of ${describe(pairs)}, expected pairs.`);
  spend(pairs.length);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) fail(`makes an OrderedDict of ${describe(pair)}, expected a pair.`);
    setItem(map, pair[0], pair[1], fail);
  }
  return map;
}

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  [
    'torch._utils._rebuild_parameter',
    ([tensor], fail) => (isTensor(tensor) ? tensor : fail(`makes a parameter of ${describe(tensor)}.`)),
  ],
  ['torch.Size', same],
  ['torch.device', same],
  ['torch.jit._pickle.restore_type_tag', same],
  ...['int', 'double', 'bool', 'tensor'].map((type): [string, Call] => [`torch.jit._pickle.build_${type}list`, same]),
]);

/** Names that stand for themselves and are never called. */
const INERT: ReadonlySet<string> = new Set([...STORAGE_DTYPES.keys(), ...TORCH_DTYPES.map((name) => `torch.${name}`)]);

/** A name, if it is one of the few that weights need. */
export function symbol(module: string, name: string, fail: Fail): PickleSymbol {
  const full = `${module}.${name}`;
  if (CALLS.has(full) || INERT.has(full) || SCRIPT_CLASS.test(full)) return { kind: 'symbol', name: full };
  return fail(
    `asks for Python's ${quote(full)}, which weights do not need. Nothing of it was run. If you trust the file, ` +
      "load it in Python and save the model's state_dict() alone.",
  );
}

export function call(target: PickleValue, args: PickleValue, fail: Fail, spend: Spend): PickleValue {
  const run = isSymbol(target) ? CALLS.get(target.name) : undefined;
  if (!run) fail(`calls ${describe(target)}, which is no function of those that weights need.`);
  if (!Array.isArray(args)) fail(`calls ${describe(target)} with ${describe(args)}, expected a tuple of arguments.`);
  return run(args, fail, spend);
}

/** TorchScript's modules are made empty; `build` then gives them their attributes. */
export function instantiate(target: PickleValue, args: PickleValue, fail: Fail): PickleValue {
  if (!isSymbol(target) || !SCRIPT_CLASS.test(target.name) || !Array.isArray(args) || args.length > 0) {
    fail(
      `makes an object of ${describe(target)} with ${describe(args)}, expected a TorchScript class and no arguments.`,
    );
  }
  return { kind: 'object', className: target.name, attributes: new Map() };
}

/**
 * Gives an object its state. That of an OrderedDict is `_metadata`, module versions that only PyTorch's own modules
 * read.
 */
export function build(target: PickleValue, state: PickleValue, fail: Fail): void {
  if (!(state instanceof Map)) fail(`gives ${describe(target)} the state ${describe(state)}, expected a dict.`);
  if (target instanceof Map) return;
  if (typeof target !== 'object' || target === null || !('kind' in target) || target.kind !== 'object') {
    fail(`gives a state to ${describe(target)}, expected a TorchScript module.`);
  }
  if (target.attributes.size > 0) fail('gives a TorchScript module a second state.');
  target.attributes = state;
}

/**
 * Resolves an id that a pickle leaves to its container: `('storage', class, key, location, length)`, and None in old
 * files.
 */
export function storageOf(id: PickleValue, fail: Fail): StorageRef {
  const [tag, storageClass, key, location, length, view] = Array.isArray(id) ? id : [];
  const dtype =
    storageClass !== undefined && isSymbol(storageClass) ? STORAGE_DTYPES.get(storageClass.name) : undefined;
  if (tag !== 'storage' || !dtype || typeof key !== 'string' || typeof location !== 'string') {
    fail(`refers to ${describe(id)}, expected ('storage', class, key, location, length).`);
  }
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) {
    fail(`refers to a storage of length ${describe(length)}.`);
  }
  if (view !== undefined && view !== null) {
    fail('refers to a view of a storage, which only PyTorch before 0.4 wrote. Save the file again with a newer one.');
  }
  return { kind: 'storage', key, dtype, length };
}

/** @throws through `fail` when the key is there already: a name must not mean two tensors */
export function setItem(map: PickleMap, key: PickleValue, value: PickleValue, fail: Fail): void {
  if (map.has(key)) fail(`has ${describe(key)} twice as a key of one dict.`);
  map.set(key, value);
}
