import { protocolNamed } from '../protocols/index.ts';
import { arrange, type Block, type Cell, type TableLine } from '../report/table.ts';
import { KINDS, type Kind, type PublishedRow, type PublishedTable } from '../state-of-the-art/table.ts';
import type { Measured } from './measured.ts';
import { about, disputesOf, type Source, sourcesOf } from './notes.ts';
import { places } from './places.ts';
import { expectOne, type Terms } from './terms.ts';

/** A cell of a comparison. */
export interface ComparedCell extends Cell {
  /** `seen` in the source, `derived` from other numbers of the row, or `disputed` by another value. */
  readonly status: 'seen' | 'derived' | 'disputed';
}

/** A published method, or one of a run. */
export interface ComparedLine {
  readonly method: string;
  readonly backbone: string;
  readonly venue: string;
  /** A name among the sources of the table; none for a run. */
  readonly source?: string;
  /** By block and metric. */
  readonly cells: readonly (readonly ComparedCell[])[];
}

/** Rows of one data set, split and protocol. */
export interface Comparison extends Terms {
  /** The data set's name as it is written in a text. */
  readonly dataset: string;
  /** Where the rows are from: the first is number 1 in notes. */
  readonly sources: readonly Source[];
  readonly blocks: readonly Block[];
  readonly sections: readonly { readonly heading: string; readonly lines: readonly ComparedLine[] }[];
  /** Sentences: what the protocol is, the disputes, and where a run stands. */
  readonly notes: readonly string[];
}

/**
 * One comparison for each split, protocol and text that there are rows of, without a run; those not known come last.
 * @throws RangeError where there are no such rows, naming those that there are
 */
export function publishedComparisons(
  table: PublishedTable,
  { split, protocol, queryText }: Partial<Terms> = {},
): Comparison[] {
  const fits = (terms: Terms) =>
    [split ?? terms.split, protocol ?? terms.protocol, queryText ?? terms.queryText].join() ===
    [terms.split, terms.protocol, terms.queryText].join();
  expectOne(protocol);
  const isKnown = (terms: Terms) => Number(terms.protocol !== 'unknown' && terms.queryText !== 'unknown');
  const found = [...termsOf(table).values()].filter(fits).sort((a, b) => isKnown(b) - isKnown(a));
  if (found.length === 0) throw noRows(table, { split, protocol, queryText });
  return found.map((terms) => compared(table, terms, []));
}

/**
 * Places runs among the published rows of the same split and protocol.
 * @throws RangeError where they do not compare with each other, or with any row: it says why
 */
export function compareRuns(table: PublishedTable, runs: readonly [Measured, ...Measured[]]): Comparison {
  const [first] = runs;
  for (const run of runs) {
    if (!protocolNamed(run.protocol)) {
      throw new RangeError(`${run.name}: "${run.protocol}" is the name of no protocol`);
    }
    if (run.incomplete) {
      throw new RangeError(
        `${run.name}: a part of the data set was left out, so that it does not compare with published numbers`,
      );
    }
    if (first.dataset !== table.dataset) {
      throw new RangeError(`${first.name} is of ${first.dataset}, and does not compare with rows of ${table.dataset}`);
    }
    if (run.dataset === first.dataset && key(termsOfRun(table, run)) === key(termsOfRun(table, first))) continue;
    throw new RangeError(
      `${first.name} has numbers of ${say(first)}, ${run.name} of ${say(run)}: these do not compare, and get no common ` +
        'table. A protocol decides which images are ranked: the same model scores 7 to 11 points of R@10 more on ' +
        'FashionIQ by one than by another',
    );
  }
  const terms = termsOfRun(table, first);
  if (!termsOf(table).has(key(terms))) throw noRows(table, terms);
  return compared(table, terms, runs);
}

const termsOfRun = (table: PublishedTable, { split, protocol, queryText }: Measured): Terms =>
  table.rows.some((row) => row.queryText !== undefined) ? { split, protocol, queryText } : { split, protocol };

const key = ({ split, protocol, queryText }: Terms) => JSON.stringify([split, protocol, queryText]);

const say = ({ dataset, split, protocol, queryText }: Measured) =>
  `${dataset} ${split} by ${protocol}${queryText === 'plain' ? '' : ` with the text ${queryText}`}`;

function termsOf({ rows }: PublishedTable): Map<string, Terms> {
  const terms = rows.map(({ split, protocol, queryText }): Terms => ({ split, protocol, queryText }));
  return new Map(terms.map((those) => [key(those), those]));
}

function noRows(table: PublishedTable, { split, protocol, queryText }: Partial<Terms>): RangeError {
  const wanted = [
    ...(split === undefined ? [] : [`on ${split}`]),
    ...(protocol === undefined ? [] : [`by protocol ${protocol}`]),
    ...(queryText === undefined ? [] : [`with the text ${queryText}`]),
  ];
  const there = [...termsOf(table).values()].map(
    (terms) => `${terms.split} by ${terms.protocol}${terms.queryText ? ` with the text ${terms.queryText}` : ''}`,
  );
  const elsewhere = table.rows.find((row) => row.protocol === protocol && row.split !== split);
  const hint =
    elsewhere === undefined || split === undefined
      ? ''
      : `. What the server of ${table.dataset} says about ${elsewhere.split} (webcir submit) compares, in a metrics file ` +
        'of your own';
  return new RangeError(
    `no published row of ${table.dataset} is ${wanted.join(', ')}; there are rows of ${there.join('; ')}${hint}`,
  );
}

function compared(table: PublishedTable, terms: Terms, runs: readonly Measured[]): Comparison {
  const protocol = protocolNamed(terms.protocol);
  const published = table.rows.filter((row) => key(row) === key(terms));
  const sources = sourcesOf(table, published);
  // Rows whose protocol is not known have the metrics of one that is.
  const known = protocol ?? table.rows.map((row) => protocolNamed(row.protocol)).find((other) => other !== undefined);
  const own = runs.flatMap(({ name, lines }) => lines.map((line) => ({ ...line, name })));
  const lines = [...published.map(lineOf), ...own];
  const { blocks, lines: arranged } = arrange(lines, known?.metrics ?? []);
  const sections = (Object.keys(KINDS) as Kind[]).map((kind) => ({
    heading: KINDS[kind] as string,
    lines: published.flatMap((row, i): ComparedLine[] => {
      if (row.kind !== kind) return [];
      const { method, backbone, venue, source } = row;
      return [{ method, backbone, venue, source, cells: withStatus(arranged[i].cells, blocks, row) }];
    }),
  }));
  const ownSections = runs.map(({ name }) => ({
    heading: name,
    lines: own.flatMap((line, i): ComparedLine[] =>
      line.name === name
        ? [
            {
              method: line.label,
              backbone: '',
              venue: '',
              cells: withStatus(arranged[published.length + i].cells, blocks),
            },
          ]
        : [],
    ),
  }));
  return {
    ...terms,
    dataset: table.title,
    sources,
    blocks,
    sections: [...sections, ...ownSections].filter((section) => section.lines.length > 0),
    notes: [
      about(terms, protocol),
      ...published.flatMap((row) => disputesOf(row, known, sources)),
      ...(protocol ? places(protocol, published, own) : []),
    ],
  };
}

const lineOf = ({ method, scores, decimals }: PublishedRow): TableLine => ({
  label: method,
  ...(decimals !== undefined && { decimals }),
  rows: Object.entries(scores).map(([category, values]) => ({
    category,
    ...(category === 'mean' && { isMean: true as const }),
    ...values,
  })),
});

function withStatus(
  cells: readonly (readonly Cell[])[],
  blocks: readonly Block[],
  row?: PublishedRow,
): ComparedCell[][] {
  const statusOf = (score: string) => {
    if (row?.disputed?.some((dispute) => dispute.score === score)) return 'disputed';
    return row?.derived?.includes(score) ? 'derived' : 'seen';
  };
  return blocks.map(({ category, metrics }, block) =>
    metrics.map((metric, i) => ({ ...cells[block][i], status: statusOf(`${category}.${metric.key}`) })),
  );
}
