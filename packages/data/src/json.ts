import type { z } from 'zod';

/**
 * Parses and checks a JSON file.
 * @param name what to call the file in an error
 * @throws naming the file, the entry (counted from 0) and the field at fault, what was expected and what was found:
 *   `captions/cap.dress.train.json, entry 12: "captions" is missing; expected a list of two strings`
 */
export function parseJson<T extends z.ZodType>(text: string, schema: T, name: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not valid JSON (${(error as Error).message}); get the file again`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  const expected = message.replace(/^Invalid input: /, '').replace(/, received .*$/, '');
  throw new Error(`${name}${place(path, value)} ${found(path, value)}; ${expected}`);
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
  const text = JSON.stringify(value);
  return `is ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}
