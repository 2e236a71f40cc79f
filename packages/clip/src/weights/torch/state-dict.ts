import { type Fail, failIn } from './fail.ts';
import {
  describe,
  isObject,
  isTensor,
  type PickleMap,
  type PickleValue,
  quote,
  type ScriptObject,
  type TensorRef,
} from './pickle-value.ts';

/** The weights that an unpickled object holds, and what else it states. */
export interface StateDict {
  readonly tensors: Map<string, TensorRef>;
  readonly metadata: Map<string, string>;
}

/** TorchScript modules may share parts, so a small file could name far more than it holds, or contain itself. */
const MAX_ATTRIBUTES = 100_000;
const MAX_NAME_LENGTH = 1000;

const holdsTensors = (map: PickleMap): boolean => [...map.values()].some(isTensor);

/** All entries of a state dict, which must be tensors. */
function entriesOf(map: PickleMap, fail: Fail): Map<string, TensorRef> {
  const tensors = new Map<string, TensorRef>();
  for (const [name, value] of map) {
    if (typeof name !== 'string') fail(`the state dict has ${describe(name)} for a name.`);
    if (!isTensor(value)) fail(`entry ${quote(name)} of the state dict is ${describe(value)}, expected a tensor.`);
    tensors.set(name, value);
  }
  return tensors;
}

/** TorchScript: the tensors of a module and of the modules within it, named as `state_dict()` names them. */
function flatten(root: ScriptObject, fail: Fail): Map<string, TensorRef> {
  const tensors = new Map<string, TensorRef>();
  const open: [prefix: string, module: ScriptObject][] = [['', root]];
  let visited = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const [prefix, module] = next;
    const inner: typeof open = [];
    for (const [key, value] of module.attributes) {
      if (typeof key !== 'string') fail(`a TorchScript module has ${describe(key)} for a name.`);
      const name = prefix + key;
      if (++visited > MAX_ATTRIBUTES || name.length > MAX_NAME_LENGTH) {
        fail(`its modules nest too deep or are too many, at ${quote(name)}. Does one contain itself?`);
      }
      if (tensors.has(name)) fail(`it has two tensors called ${quote(name)}.`);
      if (isTensor(value)) tensors.set(name, value);
      else if (isObject(value)) inner.push([`${name}.`, value]);
    }
    // Reversed, since the last one is taken first.
    for (const module of inner.reverse()) open.push(module);
  }
  return tensors;
}

/** The first few keys, for errors. */
const listed = (keys: readonly PickleValue[]): string => keys.slice(0, 4).map(describe).join(', ');

/** The dicts of tensors in a checkpoint, with the keys that they are under. */
function stateDictsIn(root: PickleMap): [key: PickleValue, map: PickleMap][] {
  // Each dict is searched once, however often a hostile file names it.
  const maps = new Set([...root.values()].filter((value) => value instanceof Map));
  const stateDicts = new Set([...maps].filter(holdsTensors));
  return [...root].filter((entry): entry is [PickleValue, PickleMap] => stateDicts.has(entry[1] as PickleMap));
}

/** The state dict of a checkpoint and the key that it is under. */
function findIn(root: PickleMap, fail: Fail): [key: PickleValue, map: PickleMap] {
  const found = stateDictsIn(root);
  const chosen = found.find(([key]) => key === 'state_dict') ?? found[0];
  if (!chosen) {
    const keys = listed([...root.keys()]);
    fail(`it has no tensors: it is ${describe(root)}${keys && ` with ${keys}`}. Save the model's state_dict().`);
  }
  if (found.length > 1 && chosen[0] !== 'state_dict') {
    fail(`it has several dicts of tensors, ${listed(found.map(([key]) => key))}. Save the one that you need.`);
  }
  return chosen;
}

/**
 * Finds the weights in what a file held: a state dict; a checkpoint that has one beside other things, such as
 * CLIP4Cir's `{'epoch': 3, 'CLIP': state_dict}` (`metadata` then has `epoch` and `class`) or open_clip's
 * `{'state_dict': ...}`; or a TorchScript module.
 *
 * @throws Error beginning with `name`, when there are no weights, or anything else among them
 */
export function stateDictOf(root: PickleValue, name: string): StateDict {
  const fail: Fail = failIn(name);
  const metadata = new Map<string, string>();
  let tensors: Map<string, TensorRef>;
  if (isObject(root)) {
    tensors = flatten(root, fail);
    if (tensors.size === 0) fail(`the TorchScript module ${quote(root.className)} has no tensors.`);
  } else if (!(root instanceof Map)) {
    return fail(`it holds ${describe(root)}, expected a state dict. Save the model's state_dict().`);
  } else if (holdsTensors(root) && stateDictsIn(root).length === 0) {
    tensors = entriesOf(root, fail);
  } else {
    const [key, map] = findIn(root, fail);
    const epoch = root.get('epoch');
    if (typeof epoch === 'number') metadata.set('epoch', String(epoch));
    if (typeof key === 'string' && key !== 'state_dict') metadata.set('class', key);
    tensors = entriesOf(map, fail);
  }
  return { tensors, metadata };
}
