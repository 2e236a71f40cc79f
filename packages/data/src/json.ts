import type { z } from 'zod';

/**
 * Parses and checks a JSON file.
 * @param name what to call the file in an error
 * @throws naming the file, the entry and the field at fault, what was expected and what was found
 */
export function parseJson<T extends z.ZodType>(text: string, schema: T, name: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not valid JSON: ${(error as Error).message}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Error(`${name}${describePath(issue.path, value)}: ${issue.message}`);
}

/** `, entry 12 (pairid 7)` and the field, counted from 0 as in the file's array. */
function describePath(path: PropertyKey[], value: unknown): string {
  if (!path.length) return '';
  const [first, ...rest] = path;
  const isEntry = Array.isArray(value) && typeof first === 'number';
  const field = (isEntry ? rest : path).map(String).join('.');
  return (isEntry ? `, entry ${first}` : '') + (field && `, field "${field}"`);
}
