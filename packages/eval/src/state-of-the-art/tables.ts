import circo from './circo.json' with { type: 'json' };
import cirr from './cirr.json' with { type: 'json' };
import fashioniq from './fashioniq.json' with { type: 'json' };
import { type PublishedTable, publishedTableSchema } from './table.ts';

const files = { fashioniq, cirr, circo };

/** The data sets with a table of published results. */
export const PUBLISHED_DATASETS = Object.keys(files) as readonly (keyof typeof files)[];

/**
 * What is published on a data set.
 * @throws RangeError naming those that there are tables of
 */
export function publishedTable(dataset: string): PublishedTable {
  const name = PUBLISHED_DATASETS.find((known) => known === dataset);
  if (name !== undefined) return publishedTableSchema.parse(files[name]);
  throw new RangeError(
    `there is no table of published results on ${dataset}, only on ${PUBLISHED_DATASETS.join(', ')}`,
  );
}
