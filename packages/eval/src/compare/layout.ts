import type { ComparedLine, Comparison } from './comparison.ts';

/** What a comparison is of, as a heading. */
export const titleOf = ({ dataset, split, protocol, queryText }: Comparison): string =>
  `${dataset}, ${split} split, ${protocol === 'unknown' ? 'protocol not known' : `protocol ${protocol}`}` +
  `${queryText === undefined ? '' : `, query text ${queryText === 'unknown' ? 'not known' : queryText}`}`;

/** The number of a line's source, in brackets; nothing for a run. */
export const sourceNumber = ({ sources }: Comparison, { source }: ComparedLine): string =>
  source === undefined ? '' : `[${sources.findIndex(({ name }) => name === source) + 1}]`;

/** A column's heading in a table whose head has one row: a data set without categories needs no more than the metric. */
export const columnLabels = ({ blocks }: Comparison): string[] =>
  blocks.flatMap(({ category, metrics }) =>
    metrics.map(({ label }) => (category === 'all' ? label : `${category} ${label}`)),
  );

/** What the marks in a table mean. */
export const MARKS = { derived: '†', disputed: '‡' } as const;

export const MARKS_NOTE = '† computed from other numbers of its row; ‡ another value is printed elsewhere. In percent.';
