import { histogramOf } from '../histogram.ts';
import { normDeviation, norms, normsOf } from '../norms.ts';
import type { StudyData, StudySection } from '../section.ts';
import { decimals, sayChanges } from '../words.ts';

/** How long features are, before anything normalizes them. */
export function lengthsSection({ spaces, measure }: StudyData): StudySection {
  const [lengths, deviations] = [norms, normDeviation].map(measure);
  const two = decimals(2);
  const ratio = 'text / reference';
  return {
    id: 'lengths',
    title: 'How long features are',
    about:
      'Features are compared by their direction, but a plain sum is made before it is normalized: whichever of image ' +
      'and text is longer weighs more in it. The ratio of the two lengths is a weight that nobody chose.',
    findings: [
      sayChanges('The mean length of captions over that of reference images', lengths, ratio, two),
      sayChanges('The mean length of query features', lengths, 'queries', two),
    ],
    figures: [
      {
        kind: 'intervals',
        name: 'lengths',
        title: 'mean length',
        caption: 'Mean lengths with 95 % intervals.',
        measured: lengths.measured.filter(({ of }) => of !== ratio),
      },
      ...(['texts', 'queries'] as const).map((of) => ({
        kind: 'histograms' as const,
        name: `lengths-of-${of}`,
        title: `length of ${of}`,
        unit: of,
        caption: `How the lengths of ${of} are distributed.`,
        panels: spaces.flatMap((space) => {
          const found = normsOf(space)[of];
          return found ? [{ stage: space.stage, ...histogramOf(of, found.values) }] : [];
        }),
      })),
    ],
    numbers: [lengths, deviations],
  };
}
