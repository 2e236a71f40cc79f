import type { TensorDtype } from '../dtype.ts';

/** A Python name that a pickle refers to. Only a name: there is nothing behind it that could run. */
export interface PickleSymbol {
  readonly kind: 'symbol';
  /** Module and name, joined by a dot. */
  readonly name: string;
}

/** The values that tensors are views of. A pickle holds only this reference; the container has the bytes. */
export interface StorageRef {
  readonly kind: 'storage';
  readonly key: string;
  readonly dtype: TensorDtype;
  /** Length in values, not bytes. */
  readonly length: number;
}

/** A tensor as the pickle describes it; only its storage has been checked. */
export interface TensorRef {
  readonly kind: 'tensor';
  readonly storage: StorageRef;
  readonly offset: PickleValue;
  readonly size: PickleValue;
  readonly stride: PickleValue;
}

/** A TorchScript module. */
export interface ScriptObject {
  readonly kind: 'object';
  readonly className: string;
  attributes: PickleMap;
}

/**
 * What a name outside of the list would have made, or bytes: training scripts keep NumPy numbers, options and paths
 * beside the weights. A placeholder: nothing was run for it, and what belongs to it is not kept.
 */
export interface Inert {
  readonly kind: 'inert';
  /** The name that makes it in Python. */
  readonly name: string;
}

export type PickleMap = Map<PickleValue, PickleValue>;

/** Lists and tuples are arrays, dicts are Maps: no name from a file ever becomes a property of an object. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | PickleMap
  | PickleSymbol
  | StorageRef
  | TensorRef
  | ScriptObject
  | Inert;

const isKind = (value: PickleValue, kind: string): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
export const isSymbol = (value: PickleValue): value is PickleSymbol => isKind(value, 'symbol');
export const isStorage = (value: PickleValue): value is StorageRef => isKind(value, 'storage');
export const isTensor = (value: PickleValue): value is TensorRef => isKind(value, 'tensor');
export const isInert = (value: PickleValue): value is Inert => isKind(value, 'inert');
export const isObject = (value: PickleValue): value is ScriptObject => isKind(value, 'object');

/** Text from a file as errors show it: quoted and cut short. */
export const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** Describes a value for errors. */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined || value === null) return 'None';
  if (typeof value === 'string') return `the text ${quote(value)}`;
  if (typeof value !== 'object') return `the ${typeof value === 'boolean' ? 'flag' : 'number'} ${value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return value.size > 0 ? `a dict of ${value.size}` : 'an empty dict';
  if (value.kind === 'symbol') return `the name ${quote(value.name)}`;
  if (value.kind === 'inert') return `an object of Python's ${quote(value.name)}`;
  return { storage: 'a storage', tensor: 'a tensor', object: 'a TorchScript module' }[value.kind];
}
