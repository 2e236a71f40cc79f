import type { Condition, Filter, FilterValue } from '../filter.ts';
import { arrayOf, isStorable } from './values.ts';

/** The parameters of a statement. */
export class Params {
  readonly values: unknown[] = [];

  /** Adds one. @returns `$n`, what stands for it in the text */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/**
 * What the column `metadata` must be like for `passes` to be true: never NULL, so that NOT is the opposite. Nothing of
 * the filter gets into the text: names and values are parameters.
 *
 * Equality is containment (`@>`), so that an index can answer it: GIN (metadata jsonb_path_ops).
 */
export function filterSql(filter: Filter, params: Params): string {
  if (Array.isArray(filter)) return any(filter.map((one) => filterSql(one, params)));
  return all(Object.entries(filter).map(([field, condition]) => conditionSql(field, condition, params)));
}

const all = (parts: readonly string[]): string => (parts.length === 0 ? 'TRUE' : `(${parts.join(' AND ')})`);
const any = (parts: readonly string[]): string => (parts.length === 0 ? 'FALSE' : `(${parts.join(' OR ')})`);

function conditionSql(field: string, condition: Condition, params: Params): string {
  if (typeof condition !== 'object') return oneOf([holding(field, condition)], params);
  return all(
    Object.entries(condition).map(([operator, wanted]) => {
      switch (operator) {
        case 'not':
          return `NOT ${conditionSql(field, wanted as Condition, params)}`;
        case 'in':
          return oneOf(
            (wanted as readonly FilterValue[]).map((value) => holding(field, value)),
            params,
          );
        case 'has':
          return oneOf([holding(field, wanted as FilterValue, true)], params);
        default:
          return boundSql(field, comparisons[operator as keyof typeof comparisons], wanted as number | string, params);
      }
    }),
  );
}

const comparisons = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** The JSON that metadata contains where a field is a value, or a list that has it; undefined where none can. */
function holding(field: string, value: FilterValue, inList = false): string | undefined {
  if (!isStorable(field) || (typeof value === 'string' && !isStorable(value))) return undefined;
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  return JSON.stringify({ [field]: inList ? [value] : value });
}

function oneOf(contained: readonly (string | undefined)[], params: Params): string {
  const some = contained.filter((json) => json !== undefined);
  if (some.length === 0) return 'FALSE';
  if (some.length === 1) return `metadata @> ${params.add(some[0])}::jsonb`;
  return `metadata @> ANY(${params.add(arrayOf(some))}::jsonb[])`;
}

function boundSql(field: string, comparison: string, bound: number | string, params: Params): string {
  if (!isStorable(field) || Number.isNaN(bound)) return 'FALSE';
  if (typeof bound === 'string' && !isStorable(bound))
    throw new RangeError(
      `filter: field '${field}': a bound in PostgreSQL has no NUL and no half of a surrogate pair in it`,
    );
  const name = params.add(field);
  const value = `metadata ->> ${name}::text`;
  // CASE, since AND may look at its second part first, and a cast fails of what is no number.
  const where = (type: string, compared: string) =>
    `(CASE WHEN jsonb_typeof(metadata -> ${name}::text) = '${type}' THEN ${compared} ELSE FALSE END)`;
  if (typeof bound === 'number')
    return where('number', `(${value})::numeric ${comparison} ${params.add(String(bound))}::numeric`);
  return where('string', `${orderedSql(value)} ${comparison} ${params.add(ordered(bound))}::text`);
}

/**
 * A text whose UTF-8 bytes are in the order of the code units of another. Code units order the characters from U+10000
 * on, which are pairs of D800 to DFFF, before those from U+E000 to U+FFFF; bytes order them after. So these get the last
 * character of all before them, and where that one stands for itself, it gets U+0001 after it.
 */
const ordered = (text: string): string =>
  text.replace(/\u{10FFFF}/gu, '$&\u0001').replace(/[\u{E000}-\u{FFFF}]/gu, '\u{10FFFF}$&');

const orderedSql = (text: string): string =>
  `regexp_replace(regexp_replace(${text}, U&'\\+10FFFF', U&'\\+10FFFF\\0001', 'g'), ` +
  `U&'([\\E000-\\FFFF])', U&'\\+10FFFF\\\\1', 'g') COLLATE "C"`;
