import type { CategoryScores, Protocol } from '../protocols/protocol.ts';
import type { PublishedRow } from '../state-of-the-art/table.ts';

/**
 * Sentences that say where the methods of a run stand by the metrics that the protocol quotes: among the rows that were
 * trained on triplets of the data set, where there are any.
 */
export function places(
  { metrics, headline }: Protocol,
  published: readonly PublishedRow[],
  own: readonly { readonly name: string; readonly label: string; readonly rows: readonly CategoryScores[] }[],
): string[] {
  const trained = published.filter(({ kind }) => kind !== 'zero-shot');
  const rivals = trained.length > 0 ? trained : published;
  return own.flatMap(({ label, rows }) =>
    metrics
      .filter((metric) => headline.includes(metric.key))
      .flatMap((metric) => {
        const score = rows.at(-1)?.[metric.key]; // the mean, or the only one
        const others = rivals
          .flatMap(({ method, backbone, scores: { mean, all } }) => {
            const value = (mean ?? all)?.[metric.key];
            return value === undefined ? [] : [{ row: `${method} with ${backbone}`, value }];
          })
          .sort((a, b) => b.value - a.value);
        if (score === undefined || others.length === 0) return [];
        const place = others.filter(({ value }) => value > score).length;
        const neighbours = [
          ...others.slice(Math.max(0, place - 1), place).map((of) => `below ${of.row} (${of.value.toFixed(2)})`),
          ...others.slice(place, place + 1).map((of) => `above ${of.row} (${of.value.toFixed(2)})`),
        ];
        return [
          `${label}, ${metric.label} ${score.toFixed(2)}: place ${place + 1} of ${others.length + 1}` +
            `${trained.length > 0 ? ', zero-shot rows aside' : ''}, ` +
            `${neighbours.join(', ')}.`,
        ];
      }),
  );
}
