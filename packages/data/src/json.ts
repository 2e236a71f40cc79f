import type { z } from 'zod';

/**
 * Parses and checks a JSON file.
 * @param name what to call the file in an error
 * @throws naming the file, the entry (counted from 0) and the field at fault, what was expected and what was found:
 *   `captions/cap.dress.train.json, entry 12: "captions" is missing; expected a list of two strings`
 */
export function parseJson<T extends z.ZodType>(text: string, schema: T, name: string): z.output<T> {
  return checkValue(parse(text, name, 'get the file again'), schema, name);
}

/**
 * Parses and checks the lines of a file of one JSON value each; empty lines are left out.
 * @returns each value with its line, counted from 1
 * @throws as `parseJson`, with the line for the entry: `triplets.jsonl, line 3: "target" is missing; expected …`
 */
export function parseJsonLines<T extends z.ZodType>(
  lines: readonly string[],
  schema: T,
  name: string,
): { line: number; value: z.output<T> }[] {
  return lines.flatMap((source, i) => {
    if (!source.trim()) return [];
    const place = `${name}, line ${i + 1}`;
    return [{ line: i + 1, value: checkValue(parse(source, place, 'expected one JSON object'), schema, place) }];
  });
}

/** Checks a value that was read from a file. @throws as `parseJson` */
export function checkValue<T extends z.ZodType>(value: unknown, schema: T, name: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path;
  const expected = issue.message.replace(/^Invalid input: /, '').replace(/, received .*$/, '');
  throw new Error(`${name}${place(path, value)} ${found(path, value)}; ${expected}`);
}

function parse(text: string, name: string, remedy: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not valid JSON (${(error as Error).message}); ${remedy}`);
  }
}

/** `, entry 12: "captions"`; for a file that is not a list `: "captions"`. */
function place(path: PropertyKey[], file: unknown): string {
  const [first, ...rest] = path;
  if (first === undefined) return ':';
  const isEntry = Array.isArray(file) && typeof first === 'number';
  const field = (isEntry ? rest : path).join('.');
  return (isEntry ? `, entry ${first}` : '') + (field ? `: "${field}"` : '');
}

function found(path: PropertyKey[], file: unknown): string {
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], file);
  if (value === undefined) return 'is missing';
  const text = written(value);
  return `is ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}

/** A value as JSON, or only its kind if it is nested deeper than the stack allows. */
function written(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return Array.isArray(value) ? '[...]' : '{...}';
  }
}
