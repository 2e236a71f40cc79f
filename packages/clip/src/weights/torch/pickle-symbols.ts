import type { TensorDtype } from '../dtype.ts';
import type { Fail } from './fail.ts';
import {
  describe,
  type Inert,
  isInert,
  isStorage,
  isSymbol,
  isTensor,
  type PickleMap,
  type PickleSymbol,
  type PickleValue,
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
const dtypeOf = (storageClass: string | undefined): TensorDtype | undefined =>
  (Object.keys(STORAGE_CLASSES) as TensorDtype[]).find((dtype) => storageClass === `torch.${STORAGE_CLASSES[dtype]}`);

const SCRIPT_CLASS = /^__torch__\./;

/** Counts steps of work, and fails when there are more than any weights need. */
export type Spend = (steps: number) => void;

/** Steps that a dict counts as: an empty Map takes as much memory as several numbers. */
export const DICT_STEPS = 8;

/** Makes a value from the arguments that a pickle calls a name with. */
type Call = (args: readonly PickleValue[], fail: Fail, spend: Spend) => PickleValue;

const same: Call = ([value], fail) => value ?? fail('calls a function without its argument.');

function rebuildTensor([storage, offset, size, stride]: readonly PickleValue[], fail: Fail): PickleValue {
  if (storage !== undefined && isInert(storage)) return storage;
  if (!isStorage(storage)) fail(`makes a tensor of ${describe(storage)}, expected a storage.`);
  return { kind: 'tensor', storage, offset, size, stride };
}

function rebuildParameter([tensor]: readonly PickleValue[], fail: Fail): PickleValue {
  if (tensor !== undefined && (isTensor(tensor) || isInert(tensor))) return tensor;
  return fail(`makes a parameter of ${describe(tensor)}.`);
}

/** A tensor with attributes of its own: the function that makes it, its class, the function's arguments, the attributes. */
function rebuildTyped([make, , args]: readonly PickleValue[], fail: Fail): PickleValue {
  if (make === undefined || !isSymbol(make)) return fail(`makes a tensor with ${describe(make)}, expected a function.`);
  return CALLS.get(make.name) === rebuildTensor && Array.isArray(args) ? rebuildTensor(args, fail) : inert(make.name);
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
  ['torch._utils._rebuild_parameter', rebuildParameter],
  ['torch._utils._rebuild_parameter_with_state', rebuildParameter],
  ['torch._tensor._rebuild_from_type_v2', rebuildTyped],
  ['torch.Size', same],
  ['torch.device', same],
  ['torch.jit._pickle.restore_type_tag', same],
  // Written out: a table that has to be computed stays in the bundle of a page that reads no pickle.
  ['torch.jit._pickle.build_intlist', same],
  ['torch.jit._pickle.build_doublelist', same],
  ['torch.jit._pickle.build_boollist', same],
  ['torch.jit._pickle.build_tensorlist', same],
]);

export const symbol = (module: string, name: string): PickleSymbol => ({ kind: 'symbol', name: `${module}.${name}` });

export const inert = (name: string): Inert => ({ kind: 'inert', name });

/**
 * Calls one of the functions that weights need. Every other name gives a placeholder, dangerous ones too: `os.system`
 * beside the weights is not run, and does not keep them from being read.
 */
export function call(
  target: PickleValue | undefined,
  args: PickleValue | undefined,
  fail: Fail,
  spend: Spend,
): PickleValue {
  if (target !== undefined && isInert(target)) return target;
  if (target === undefined || !isSymbol(target)) fail(`calls ${describe(target)}, which is no function.`);
  if (!Array.isArray(args)) fail(`calls ${describe(target)} with ${describe(args)}, expected a tuple of arguments.`);
  return CALLS.get(target.name)?.(args, fail, spend) ?? inert(target.name);
}

/** TorchScript's modules are made empty; `build` then gives them their attributes. Other objects are placeholders. */
export function instantiate(target: PickleValue | undefined, fail: Fail): PickleValue {
  if (target !== undefined && isInert(target)) return target;
  if (target === undefined || !isSymbol(target)) fail(`makes an object of ${describe(target)}, expected a class.`);
  if (!SCRIPT_CLASS.test(target.name)) return inert(target.name);
  return { kind: 'object', className: target.name, attributes: new Map() };
}

/**
 * Gives an object its state. That of an OrderedDict is `_metadata`, module versions that only PyTorch's own modules
 * read.
 */
export function build(target: PickleValue, state: PickleValue, fail: Fail): void {
  if (isInert(target)) return;
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
 * files. A storage of values that weights do not have, such as complex numbers, is a placeholder; so is
 * `('module', class, file, source)`, which older PyTorch writes for the class of a module.
 */
export function referred(id: PickleValue, fail: Fail): StorageRef | Inert {
  const [tag, typeName, key, location, length, view] = Array.isArray(id) ? id : [];
  const name = typeName !== undefined && isSymbol(typeName) ? typeName.name : undefined;
  if (tag === 'module' && name !== undefined) return inert(name);
  const dtype = dtypeOf(name);
  if (tag === 'storage' && name !== undefined && !dtype) return inert(name);
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
