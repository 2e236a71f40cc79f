import type { CategoryScores } from '../protocols/protocol.ts';

/** Scores of a metrics file, with the method where it holds several. */
export interface Row extends CategoryScores {
  readonly method?: string;
}

/** The fields of an object in a metrics file, each checked when it is asked for. */
interface Fields {
  /** Whether it has a field. */
  has(key: string): boolean;
  text(key: string): string;
  /** A list of objects, which is not empty. */
  list(key: string): Fields[];
  rows(key: string): Row[];
}

/** Parses a metrics file. @throws naming the file where it is not JSON */
export function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not valid JSON (${(error as Error).message}): expected what webcir eval --json writes`);
  }
}

/**
 * Reads an object of a metrics file, which people may have written.
 * @param name of the file, for errors
 * @param path of the object in the file
 * @throws naming the file and the field where something else was expected, here and in what it returns
 */
export function fieldsOf(value: unknown, name: string, path: readonly (string | number)[] = []): Fields {
  const fail = (expected: string, ...field: (string | number)[]) => {
    const place = [...path, ...field].join('.');
    return new Error(
      `${name} is no metrics file, as webcir eval --json writes them: ${place && `"${place}": `}expected ${expected}`,
    );
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail('an object');
  const fields = value as Readonly<Record<string, unknown>>;
  const text = (key: string): string => {
    const found = fields[key];
    if (typeof found !== 'string') throw fail('a string', key);
    return found;
  };
  const list = (key: string): Fields[] => {
    const found = fields[key];
    if (!Array.isArray(found) || found.length === 0) throw fail('a list that is not empty', key);
    return found.map((entry, i) => fieldsOf(entry, name, [...path, key, i]));
  };
  const rows = (key: string): Row[] =>
    list(key).map((row, i) => {
      row.text('category');
      const scores = (fields[key] as Readonly<Record<string, unknown>>[])[i];
      const wrong = Object.keys(scores).find(
        (score) => !['category', 'method', 'isMean'].includes(score) && typeof scores[score] !== 'number',
      );
      if (wrong !== undefined) throw fail('a number', key, i, wrong);
      return scores as unknown as Row;
    });
  return { has: (key) => fields[key] !== undefined, text, list, rows };
}
