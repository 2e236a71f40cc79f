import { QUERY_TEXTS } from '@webcir/data';
import * as z from 'zod';
import { KINDS, type PublishedTable } from '../../src/compare.ts';

const text = z.string().min(1);
const names = <T extends string>(of: Readonly<Record<T, unknown>>) => Object.keys(of) as T[];
const percent = z.number().min(0).max(100);
const scores = z.record(text, percent);

/** The schema of the tables' JSON files. */
export const publishedTableSchema = z.strictObject({
  dataset: text,
  title: text,
  sources: z.record(text, z.strictObject({ title: text, url: z.url().optional() })),
  claims: z.array(
    z.strictObject({ text, method: text, over: text, category: text, points: z.record(text, z.number()) }),
  ),
  rows: z.array(
    z.strictObject({
      method: text,
      venue: text,
      year: z.int().min(2015).max(2100),
      backbone: text,
      kind: z.enum(names(KINDS)),
      split: text,
      protocol: text,
      protocolFrom: text,
      queryText: z.enum([...names(QUERY_TEXTS), 'rewritten', 'unknown']).optional(),
      source: text,
      decimals: z.int().min(1).max(2).optional(),
      scores: z.record(text, scores),
      derived: z.array(text).optional(),
      disputed: z
        .array(z.strictObject({ score: text, value: percent, source: text, note: text.optional() }))
        .optional(),
    }),
  ),
}) satisfies z.ZodType<PublishedTable>;
