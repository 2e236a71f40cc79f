import { protocolNamed } from '../protocols/index.ts';
import type { MetricKey } from '../protocols/protocol.ts';
import type { Claim, PublishedRow, PublishedTable } from '../state-of-the-art/table.ts';

/** What the rows of a table say about a claim of the poster. */
export interface CheckedClaim {
  /** Whether the difference of the two rows is the one that is claimed, to the whole point. */
  readonly follows: boolean;
  readonly sentences: readonly string[];
}

/** Computes the poster's claims from the rows that they come from. @throws RangeError where a row is missing */
export const checkClaims = (table: PublishedTable): CheckedClaim[] =>
  table.claims.map((claim) => checkClaim(table, claim));

function checkClaim(table: PublishedTable, claim: Claim): CheckedClaim {
  const { text, category, points } = claim;
  const keys = Object.keys(points) as MetricKey[];
  const row = rowOf(table, claim.method);
  const over = rowOf(table, claim.over);
  const valuesOf = ({ scores }: PublishedRow) => keys.map((key) => scores[category][key]);
  const gains = (other: PublishedRow) => valuesOf(row).map((value, i) => value - valuesOf(other)[i]);
  const signed = (other: PublishedRow) =>
    gains(other)
      .map((gain) => `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(2)}`)
      .join(' / ');
  const sayRow = (of: PublishedRow) =>
    `${of.method} (${of.venue}) ${valuesOf(of)
      .map((value) => value.toFixed(2))
      .join(' / ')}`;
  const follows = gains(over).every((gain, i) => Math.round(gain) === points[keys[i]]);

  // What could have been known: methods without CLIP of the same years, measured in the same way or not.
  const before = table.rows.filter(
    (other) =>
      other.kind === 'without-clip' &&
      other.year <= row.year &&
      keys.every((key) => key in (other.scores[category] ?? {})),
  );
  const higher = before.filter((other) => valuesOf(other).some((value, i) => value > valuesOf(over)[i]));
  const [same] = before
    .filter((other) => other.protocol === row.protocol && other.split === row.split)
    .sort((a, b) => valuesOf(b)[0] - valuesOf(a)[0]);
  const labels = keys.map((key) => metricLabel(row.protocol, key)).join(' / ');
  return {
    follows,
    sentences: [
      `"${text}": ${sayRow(row)} minus ${sayRow(over)} in ${labels} is ${signed(over)}: ` +
        (follows ? 'the claim follows from these two rows.' : 'the claim does not follow from these two rows.'),
      ...(row.protocol === over.protocol
        ? []
        : [
            `The two are not known to be of one protocol: ${row.method} is ${row.protocol}, ${over.method} ` +
              `${over.protocol === 'unknown' ? `is ${over.protocolFrom}` : `is ${over.protocol}`}.`,
          ]),
      ...(same && same !== over ? [`Of its own protocol, the best is ${sayRow(same)}: ${signed(same)}.`] : []),
      ...(higher.length > 0
        ? [
            `It does not follow from all rows without CLIP up to ${row.year}. Higher, by another protocol or one not known, are ` +
              `${higher.map((other) => `${sayRow(other)} (${signed(other)})`).join('; ')}.`,
          ]
        : [`No row without CLIP up to ${row.year} is higher than ${over.method}.`]),
    ],
  };
}

function rowOf({ rows, dataset }: PublishedTable, method: string): PublishedRow {
  const row = rows.find((candidate) => candidate.method === method);
  if (row) return row;
  throw new RangeError(`a claim is about ${method}, which is no row of ${dataset}`);
}

const metricLabel = (protocol: string, key: MetricKey): string =>
  protocolNamed(protocol)?.metrics.find((metric) => metric.key === key)?.label ?? key;
