import * as z from 'zod';
import type { CategoryScores } from '../protocols/protocol.ts';
import { METHODS, type Method } from '../report/types.ts';
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

const row = z
  .object({ category: z.string(), isMean: z.literal(true).optional(), method: z.string().optional() })
  .catchall(z.number());
const rows = z.array(row).min(1);
const about = { split: z.string(), incomplete: z.unknown().optional() };

/** What `webcir eval --json` writes; by hand, `dataset`, `split` and `results` are enough. */
const evalFile = z.object({
  ...about,
  dataset: z.string(),
  query_text: z.string().default('plain'),
  combining_function: z.string().optional(),
  results: z.array(z.object({ protocol: z.string(), rows })).min(1),
});

/** A run's `results.json`. */
const runFile = z.object({ ...about, protocol: z.string(), rows });

/**
 * Reads a metrics file, as `webcir eval --json` writes it: one entry for each protocol in it.
 * @throws naming the file and what is wrong with it
 */
export function readMetrics(text: string, name: string): Measured[] {
  const value = parsed(text, name);
  if (runFile.safeParse(value).success && !evalFile.safeParse(value).success) {
    throw new Error(
      `${name} is the results.json of a run, which does not say the data set: name the folder with --run`,
    );
  }
  const {
    dataset,
    split,
    incomplete,
    query_text: queryText,
    combining_function,
    results,
  } = checked(evalFile, value, name);
  return results.map(({ protocol, rows }) => ({
    ...{ name, dataset, split, protocol, queryText, incomplete: incomplete !== undefined },
    lines: [{ label: combining_function ?? name, rows: rows.map(scoresOf) }],
  }));
}

/**
 * Reads the `results.json` of a run.
 * @param name of the run
 * @throws naming the run and what is wrong with it
 */
export function readRunMetrics(text: string, name: string, dataset: string): Measured {
  const { split, protocol, incomplete, rows } = checked(runFile, parsed(text, name), name);
  const methods = [...new Set(rows.map(({ method }) => method))];
  return {
    ...{ name, dataset, split, protocol, queryText: 'plain', incomplete: incomplete !== undefined },
    lines: methods.map((method) => ({
      label: METHODS[method as Method] ?? method ?? name,
      rows: rows.filter((row) => row.method === method).map(scoresOf),
    })),
  };
}

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

const scoresOf = ({ method: _, ...scores }: z.output<typeof row>): CategoryScores => scores as CategoryScores;

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not valid JSON (${(error as Error).message}): expected what webcir eval --json writes`);
  }
}

function checked<T extends z.ZodType>(schema: T, value: unknown, name: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  const field = path.length > 0 ? `"${path.join('.')}": ` : '';
  throw new Error(`${name} is no metrics file, as webcir eval --json writes them: ${field}${message}`);
}
