import type { CategoryScores } from '../protocols/protocol.ts';
import { METHODS, type Method } from '../report/types.ts';
import { fieldsOf, parsed, type Row } from './fields.ts';
import { expectOne } from './terms.ts';

/** The scores of one or more methods, with all that decides what they compare with. */
export interface Measured {
  /** The file or folder that they are from. */
  readonly name: string;
  readonly dataset: string;
  readonly split: string;
  readonly protocol: string;
  /** What the model read for a query: a name among `QUERY_TEXTS`. */
  readonly queryText: string;
  /** Whether a part of the data set was left out. */
  readonly incomplete: boolean;
  readonly lines: readonly { readonly label: string; readonly rows: readonly CategoryScores[] }[];
}

/**
 * Reads a metrics file, as `webcir eval --json` writes it: one entry for each protocol in it. By hand, `dataset`, `split`
 * and `results` are enough.
 * @throws naming the file, and the field that is wrong
 */
export function readMetrics(text: string, name: string): Measured[] {
  const file = fieldsOf(parsed(text, name), name);
  if (!file.has('dataset') && file.has('protocol') && file.has('rows')) {
    throw new Error(
      `${name} is the results.json of a run, which does not say the data set: name the folder with --run`,
    );
  }
  const about = {
    name,
    dataset: file.text('dataset'),
    split: file.text('split'),
    queryText: file.has('query_text') ? file.text('query_text') : 'plain',
    incomplete: file.has('incomplete'),
  };
  const label = file.has('combining_function') ? file.text('combining_function') : name;
  return file.list('results').map((result) => ({
    ...about,
    protocol: result.text('protocol'),
    lines: [{ label, rows: result.rows('rows').map(scoresOf) }],
  }));
}

/**
 * Reads the `results.json` of a run.
 * @param name of the run
 * @throws naming the run, and the field that is wrong
 */
export function readRunMetrics(text: string, name: string, dataset: string): Measured {
  const file = fieldsOf(parsed(text, name), name);
  const rows = file.rows('rows');
  const methods = [...new Set(rows.map(({ method }) => method))];
  return {
    name,
    dataset,
    split: file.text('split'),
    protocol: file.text('protocol'),
    queryText: 'plain',
    incomplete: file.has('incomplete'),
    lines: methods.map((method) => ({
      label: METHODS[method as Method] ?? method ?? name,
      rows: rows.filter((row) => row.method === method).map(scoresOf),
    })),
  };
}

const scoresOf = ({ method: _, ...scores }: Row): CategoryScores => scores;

/**
 * The scores by one protocol, of those that a file holds.
 * @throws RangeError where it holds several and none is chosen, or lacks the one that is
 */
export function chosenMetrics(measured: readonly Measured[], protocol: string | undefined): Measured {
  expectOne(protocol);
  const [first, ...others] = protocol === undefined ? measured : measured.filter((of) => of.protocol === protocol);
  if (first !== undefined && others.length === 0) return first;
  const name = measured[0].name;
  const held = measured.map((of) => of.protocol).join(', ');
  throw new RangeError(
    first === undefined
      ? `${name} has numbers by ${held}, which do not compare with those by ${protocol}: ` +
          `evaluate it again, webcir eval --protocol ${protocol} --json FILE`
      : `${name} has numbers by several protocols, ${held}, which do not compare: choose one with --protocol`,
  );
}
