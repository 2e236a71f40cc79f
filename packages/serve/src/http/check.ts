import type * as z from 'zod';
import { type ApiError, invalid } from '../errors.ts';

/** @throws ApiError naming the first part of a body that is not as its schema says */
export function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const found = schema.safeParse(body);
  if (found.success) return found.data;
  throw invalidBody(found.error.issues[0], []);
}

type Issue = z.core.$ZodIssue;

function invalidBody(issue: Issue, above: readonly PropertyKey[]): ApiError {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    // The alternative that came closest: whose first fault is not the kind of the value itself.
    const nearest = issue.errors.find(([first]) => first && (first.path.length > 0 || first.code !== 'invalid_type'));
    if (nearest) return invalidBody(nearest[0], path);
  }
  const param = pathOf(path);
  const message = issue.message.replace(/^Invalid input: /, '');
  return invalid('invalid_request', param === '' ? message : `${param}: ${message}`, param === '' ? null : param);
}

/** `input[3].image` */
export const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
