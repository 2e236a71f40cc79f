import type { HistogramsFigure } from '../figures.ts';
import type { StudyData, StudySection } from '../section.ts';
import { areaUnderCurve, histograms, MOMENTS, overlap, pairCosines, sensitivity, separation } from '../separation.ts';
import { decimals, sayChanges } from '../words.ts';

/** How well cosines tell pairs that belong together from random ones. */
export function separationSection({ spaces, pairs: { queries: pairs }, rows, measure }: StudyData): StudySection {
  const of = (name: string, prepare: Parameters<typeof separation>[3]) =>
    measure(separation(name, pairs, rows.other, prepare));
  const areas = of('AUC', areaUnderCurve);
  const sensitivities = of('d′', sensitivity);
  const overlaps = of('overlap', overlap);
  const cosinesOf = spaces.map((space) => ({ stage: space.stage, kinds: pairCosines(space, pairs, rows.other) }));
  const kinds = [...new Set(cosinesOf.flatMap((space) => space.kinds.map(({ name }) => name)))];
  return {
    id: 'pairs',
    title: 'Pairs that belong together against random ones',
    about:
      'A target is found when its cosine with the query is above that of other images. For each kind of pair: the ' +
      'cosines of pairs that belong together, and those of random pairs of the same category. AUC is the chance that ' +
      'the first is higher (½: no better than a coin), d′ the distance of the two means in standard deviations, and ' +
      'overlap the area that the two histograms share.',
    findings: [
      sayChanges('The AUC of query and target', areas, 'query–target', decimals(3)),
      sayChanges('The AUC of caption and target', areas, 'caption–target', decimals(3)),
      sayChanges('The AUC of reference and target', areas, 'reference–target', decimals(3)),
      sayChanges('The overlap of query and target', overlaps, 'query–target', decimals(3)),
    ],
    figures: [
      {
        kind: 'intervals',
        name: 'auc',
        title: 'AUC',
        caption: 'How often a pair that belongs together has a higher cosine than a random one.',
        measured: areas.measured,
      },
      {
        kind: 'intervals',
        name: 'd-prime',
        title: 'd′',
        caption: 'The distance of the two means in standard deviations.',
        measured: sensitivities.measured,
      },
      ...kinds.map(
        (kind): HistogramsFigure => ({
          kind: 'histograms',
          name: `cosines-${kind.replace('–', '-')}`,
          title: `cosine, ${kind}`,
          unit: 'pairs',
          caption: `Cosines, ${kind}: pairs that belong together, and random ones of the same category.`,
          panels: cosinesOf.flatMap((space) =>
            space.kinds
              .filter(({ name }) => name === kind)
              .map((pair) => {
                const { edges, positive, random } = histograms(pair);
                const series = [
                  { name: 'belong together', shares: positive },
                  { name: 'random', shares: random },
                ];
                return { stage: space.stage, edges, series };
              }),
          ),
        }),
      ),
    ],
    numbers: [areas, sensitivities, overlaps, ...Object.entries(MOMENTS).map(([name, moment]) => of(name, moment))],
  };
}
