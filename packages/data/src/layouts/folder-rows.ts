import { join } from 'node:path';
import { linesOf, readTextFile } from '@webcir/clip/node';
import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { checkValue, parseJsonLines } from '../json.ts';
import { innerPath } from './files.ts';
import { nfc } from './names.ts';

const name = z.string({ error: 'expected the name of an image' }).min(1, { error: 'expected the name of an image' });
const names = z.array(name, { error: 'expected a list of names of images' });
const word = z
  .string({ error: 'expected a string' })
  .min(1, { error: 'expected a string that is not empty' })
  .transform(nfc);
const caption = z.string({ error: 'expected a caption' }).regex(/\S/, { error: 'expected a caption' });

/** Unknown fields are refused: they may be misspelt. */
const onlyKnown = (fields: string) => ({
  error: (issue: { code?: string }) =>
    issue.code === 'unrecognized_keys' ? `expected no fields but ${fields}` : 'expected an object',
});

const jsonRow = z.strictObject(
  {
    id: z
      .union([z.string(), z.number()], { error: 'expected a string or a number' })
      .transform((id) => nfc(String(id)))
      .optional(),
    reference: name,
    target: name,
    captions: z
      .array(caption, { error: 'expected a list of one or two captions' })
      .min(1, { error: 'expected a list of one or two captions' })
      .max(2, { error: 'expected a list of one or two captions' }),
    split: word.optional(),
    category: word.optional(),
    group: names.optional(),
    targets: names.optional(),
  },
  onlyKnown('id, reference, target, captions, split, category, group and targets'),
);

const csvColumns = ['id', 'reference', 'target', 'caption', 'caption2', 'split', 'category'];
const csvRow = z
  .object({
    id: z.string().transform(nfc).optional(),
    reference: name,
    target: name,
    caption,
    caption2: caption.optional(),
    split: word.optional(),
    category: word.optional(),
  })
  .transform(({ caption, caption2, ...row }) => ({ ...row, captions: caption2 ? [caption, caption2] : [caption] }));

/** A line of the triplets file of your own folder. */
export type TripletRow = z.output<typeof jsonRow>;

/** A value from a file, and its place: `triplets.jsonl, line 3`. */
export interface Row<T> {
  readonly place: string;
  readonly value: T;
}

/** Reads `triplets.jsonl` or `triplets.csv`. @throws naming the file, the line and the field at fault */
export async function readTriplets(folder: string, file: string): Promise<Row<TripletRow>[]> {
  const text = await readTextFile(join(folder, file));
  const rows = file.endsWith('.csv') ? readCsv(text, file) : readLines(text, jsonRow, file);
  if (!rows.length) throw new Error(`${file} holds no triplet`);
  return rows;
}

const imageRow = z.object(
  { file_name: innerPath('expected the path of an image'), split: word.optional(), category: word.optional() },
  { error: 'expected an object' },
);

/** A line of `images.jsonl`; other fields are ignored, as a Hugging Face image folder's `metadata.jsonl` has them. */
export type ImageRow = z.output<typeof imageRow>;

/** Reads `images.jsonl` or `metadata.jsonl`. @throws naming the file, the line and the field at fault */
export async function readImageRows(folder: string, file: string): Promise<Row<ImageRow>[]> {
  return readLines(await readTextFile(join(folder, file)), imageRow, file);
}

const readLines = <T extends z.ZodType>(text: string, schema: T, file: string): Row<z.output<T>>[] =>
  parseJsonLines(linesOf(text), schema, file).map(({ line, value }) => ({ place: `${file}, line ${line}`, value }));

function readCsv(text: string, file: string): Row<TripletRow>[] {
  const [header, ...records] = parseCsv(text, file);
  for (const [i, column] of (header?.cells ?? []).entries()) {
    const problem = !csvColumns.includes(column)
      ? 'is not known'
      : header.cells.indexOf(column) < i
        ? 'is there twice'
        : '';
    if (problem) throw new Error(`${file}, line 1: column "${column}" ${problem}; expected ${csvColumns.join(', ')}`);
  }
  return records.map(({ line, cells }) => {
    const filled = header.cells.map((column, i) => [column, cells[i]]).filter(([, cell]) => cell !== '');
    const place = `${file}, line ${line}`;
    return { place, value: checkValue(Object.fromEntries(filled), csvRow, place) };
  });
}

/** Records with the line that each ends in, from 1: a quoted cell may hold line breaks. */
function parseCsv(text: string, file: string): { line: number; cells: string[] }[] {
  try {
    // The parser counts a \r\n in quotes as two lines.
    const records = parse(linesOf(text).join('\n'), {
      info: true,
      skip_empty_lines: true,
      record_delimiter: '\n',
    }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return records.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}
