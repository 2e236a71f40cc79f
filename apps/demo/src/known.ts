import type { Pictures } from './pack.ts';

/** The row of the right answer to a query, where the set knows it. */
export function targetOf(
  { ids, queries }: Pick<Pictures, 'ids' | 'queries'>,
  reference: string,
  text: string,
): number | undefined {
  const row = ids.indexOf(reference);
  const said = plain(text);
  return queries.find((query) => query.reference === row && plain(query.text) === said)?.target;
}

const plain = (text: string): string => text.trim().toLowerCase();
