import circo from './circo.json' with { type: 'json' };
import cirr from './cirr.json' with { type: 'json' };
import fashioniq from './fashioniq.json' with { type: 'json' };
import type { PublishedTable } from './table.ts';

/** The data sets with a table of published results. */
export const PUBLISHED_DATASETS = ['fashioniq', 'cirr', 'circo'] as const;

// What TypeScript makes of a JSON file is wider than the type: tests hold the files against a schema.
const tables = { fashioniq, cirr, circo } as unknown as Record<(typeof PUBLISHED_DATASETS)[number], PublishedTable>;

/**
 * What is published on a data set.
 * @throws RangeError naming those that there are tables of
 */
export function publishedTable(dataset: string): PublishedTable {
  const name = PUBLISHED_DATASETS.find((known) => known === dataset);
  if (name !== undefined) return tables[name];
  throw new RangeError(
    `there is no table of published results on ${dataset}, only on ${PUBLISHED_DATASETS.join(', ')}`,
  );
}
