import type { Metadata } from './store.ts';

/** A value that a field is compared with. */
export type FilterValue = string | number | boolean;

/** What a field must be like: a value that it equals, or all of these. A field that is missing or null meets none. */
export type Condition =
  | FilterValue
  | {
      readonly in?: readonly FilterValue[];
      /** For fields that are lists. */
      readonly has?: FilterValue;
      /** Bounds, of numbers among numbers and of strings among strings, by code unit. */
      readonly lt?: number | string;
      readonly lte?: number | string;
      readonly gt?: number | string;
      readonly gte?: number | string;
      /** The one condition that a field may meet by being missing. */
      readonly not?: Condition;
    };

/**
 * What metadata must be like: an object names the fields and their conditions, all of which must hold; of a list of such
 * objects, one must. Plain data, so that it can come with a request and become SQL.
 */
export type Filter = { readonly [field: string]: Condition } | readonly { readonly [field: string]: Condition }[];

const operators: Readonly<Record<string, (value: unknown, wanted: unknown) => boolean>> = {
  in: (value, wanted) => (wanted as readonly unknown[]).includes(value),
  has: (value, wanted) => Array.isArray(value) && value.includes(wanted),
  lt: (value, bound) => typeof value === typeof bound && (value as number) < (bound as number),
  lte: (value, bound) => typeof value === typeof bound && (value as number) <= (bound as number),
  gt: (value, bound) => typeof value === typeof bound && (value as number) > (bound as number),
  gte: (value, bound) => typeof value === typeof bound && (value as number) >= (bound as number),
  not: (value, condition) => !meets(value, condition as Condition),
};

/** Whether metadata passes a filter, which `expectFilter` has looked over. */
export function passes(metadata: Metadata, filter: Filter): boolean {
  if (Array.isArray(filter)) return filter.some((one) => passes(metadata, one));
  return Object.entries(filter as Readonly<Record<string, Condition>>).every(([field, condition]) =>
    meets(Object.hasOwn(metadata, field) ? metadata[field] : undefined, condition),
  );
}

function meets(value: unknown, condition: Condition): boolean {
  if (typeof condition !== 'object') return value === condition;
  return Object.entries(condition).every(([operator, wanted]) => operators[operator](value, wanted));
}

/** @throws RangeError naming the field, where what should be a filter is none: it may come from a request */
export function expectFilter(filter: Filter): void {
  for (const one of Array.isArray(filter) ? filter : [filter]) {
    if (!isObject(one)) throw new RangeError(`filter: expected fields and conditions, found ${JSON.stringify(one)}`);
    for (const [field, condition] of Object.entries(one)) expectCondition(field, condition);
  }
}

function expectCondition(field: string, condition: unknown): void {
  if (isValue(condition)) return;
  const fail = (expected: string, found: unknown): never => {
    throw new RangeError(`filter: field '${field}': expected ${expected}, found ${JSON.stringify(found)}`);
  };
  if (!isObject(condition)) throw fail('a string, a number, a boolean, or an object of conditions', condition);
  for (const [operator, wanted] of Object.entries(condition)) {
    if (operator === 'not') expectCondition(field, wanted);
    else if (operator === 'in') {
      if (!Array.isArray(wanted) || !wanted.every(isValue)) fail('a list of values for in', wanted);
    } else if (operator === 'has') {
      if (!isValue(wanted)) fail('a value for has', wanted);
    } else if (!Object.hasOwn(operators, operator)) {
      fail(`conditions of ${Object.keys(operators).join(', ')}`, operator);
    } else if (typeof wanted !== 'number' && typeof wanted !== 'string') {
      fail(`a number or a string for ${operator}`, wanted);
    }
  }
}

const isValue = (value: unknown): value is FilterValue => ['string', 'number', 'boolean'].includes(typeof value);

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
