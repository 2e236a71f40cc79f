import { norms, normsOf } from '../norms.ts';
import type { StudyData, StudySection } from '../section.ts';
import { decimals, sayChanges } from '../words.ts';

/** How long features are, before anything normalizes them. */
export function lengthsSection({ spaces, measure }: StudyData): StudySection {
  const lengths = measure(norms);
  const two = decimals(2);
  return {
    id: 'lengths',
    title: 'How long features are',
    about:
      'Features are compared by their direction, but a plain sum is made before it is normalized: whichever of image ' +
      'and text is longer weighs more in it. The ratio of the two lengths is a weight that nobody chose.',
    findings: [
      sayChanges('The mean length of captions over that of reference images', lengths, 'text / reference', two),
      sayChanges('The mean length of query features', lengths, 'queries', two),
    ],
    figures: [
      {
        kind: 'intervals',
        name: 'lengths',
        title: 'mean length',
        caption: 'Mean lengths with 95 % intervals.',
        measured: lengths.measured,
      },
      ...(['texts', 'queries'] as const).map((of) => ({
        kind: 'histograms' as const,
        name: `lengths-of-${of}`,
        title: `length of ${of}`,
        caption: `How the lengths of ${of} are distributed.`,
        panels: spaces.flatMap((space) => {
          const found = normsOf(space)[of];
          return found ? [{ stage: space.stage, ...histogramOf(of, found.values) }] : [];
        }),
      })),
    ],
    numbers: [lengths],
  };
}

const BINS = 40;

function histogramOf(name: string, values: Float64Array) {
  const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const width = (high - low) / BINS || 1;
  const shares = Array<number>(BINS).fill(0);
  for (const value of values) shares[Math.min(BINS - 1, Math.floor((value - low) / width))] += 1 / values.length;
  return {
    edges: Array.from({ length: BINS + 1 }, (_, i) => low + i * width),
    series: [{ name, shares }],
  };
}
