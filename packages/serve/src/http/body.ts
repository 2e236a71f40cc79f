import { ApiError, invalid } from '../errors.ts';
import type { Limits } from '../limits.ts';

/** A file of a form, or a body that is one. */
export interface SentFile {
  readonly field: string;
  readonly name: string;
  /** Its bytes as base64, as files come in JSON. */
  readonly data: string;
}

/** Makes of a form what a JSON body would have been. */
export type FormBody = (fields: Readonly<Record<string, unknown>>, files: readonly SentFile[]) => unknown;

/** What a route takes besides JSON. */
export interface OtherBodies {
  /** A form of files and fields. */
  readonly form?: { readonly description: string; readonly body: FormBody };
  /** Whether the body may be a file itself: a form of one field `image`. */
  readonly takesFile?: boolean;
}

/**
 * Reads a body, which is known to be within the limits.
 * @throws ApiError saying what is wrong with it
 */
export async function readBody(request: Request, { form, takesFile }: OtherBodies, limits: Limits): Promise<unknown> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
  if (type === 'application/json') return parseJson(await request.text(), limits.depth);
  if (form && type === 'multipart/form-data') return readForm(request, form.body, limits);
  if (form && takesFile && type.startsWith('image/'))
    return form.body({}, [{ field: 'image', name: 'image', data: base64Of(await request.arrayBuffer()) }]);
  const others = [...(form ? ['multipart/form-data'] : []), ...(takesFile ? ['image/*'] : [])];
  const expected = ['application/json', ...others].join(' or ');
  throw invalid('unsupported_content_type', `expected a body of ${expected}, found ${type || 'no content-type'}`);
}

const base64Of = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('base64');

/**
 * A form: `query` holds an object as JSON, other fields are added to it, `text` as it stands and the rest as JSON where
 * it is, so that both `-F k=5` and `-F text=5` say what one would think.
 */
async function readForm(request: Request, body: FormBody, { depth, items }: Limits): Promise<unknown> {
  let form: FormData;
  try {
    form = await request.formData();
  } catch (cause) {
    throw new ApiError(400, 'invalid_form', 'the form is cut or damaged', { cause });
  }
  const fields: Record<string, unknown> = {};
  const files: SentFile[] = [];
  for (const [field, value] of form) {
    if (typeof value !== 'string') {
      if (files.length === items) throw invalid('too_many_items', `expected at most ${items} files`);
      files.push({ field, name: value.name, data: base64Of(await value.arrayBuffer()) });
    } else if (field === 'query') Object.assign(fields, parseJson(value, depth, field));
    else Object.defineProperty(fields, field, { value: fieldValue(field, value, depth), enumerable: true });
  }
  return body(fields, files);
}

const fieldValue = (field: string, value: string, depth: number) =>
  field === 'text' ? value : jsonOrText(value, depth);

function jsonOrText(value: string, depth: number): unknown {
  try {
    return parseJson(value, depth);
  } catch {
    return value;
  }
}

/** @throws ApiError for what is no JSON, or has more levels than `depth` */
export function parseJson(text: string, depth: number, param: string | null = null): unknown {
  expectShallow(text, depth, param);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid('invalid_json', `the body is no JSON: ${(error as Error).message.slice(0, 200)}`, param);
  }
}

/** Counts levels before anything is parsed: millions of them would take memory in proportion. */
function expectShallow(text: string, most: number, param: string | null): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text[at];
    if (code === '"') {
      at = endOfString(text, at);
      if (at < 0) return; // no JSON, as its parser will say
    } else if (code === '[' || code === '{') {
      if (++depth > most) throw invalid('invalid_json', `expected JSON of at most ${most} levels`, param);
    } else if (code === ']' || code === '}') depth--;
  }
}

/** Where the string ends that begins at `start`; -1 where it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}
