import type { CurvesFigure } from '../figures.ts';
import { angle, coneWidth, gap } from '../modality.ts';
import type { StudyData, StudySection } from '../section.ts';
import { STAGES } from '../space.ts';
import { COMPONENTS, componentName, spectrum, spectrumParts } from '../spectrum.ts';
import { alignment, alignmentDeviation, uniformity } from '../uniformity.ts';
import { decimals, sayChanges } from '../words.ts';

/** Where images, texts, queries and targets lie, and how much of the space they fill. */
export function modalitySection({ spaces, pairs, measure }: StudyData): StudySection {
  const [gaps, angles, cones] = [gap, angle, coneWidth].map(measure);
  const [aligned, uniform] = [alignment, uniformity(pairs.queries, pairs.images)].map(measure);
  const { ranks, shares } = spectrumParts(measure(spectrum));
  const intervals = (name: string, title: string, caption: string, { measured }: typeof gaps) =>
    ({ kind: 'intervals', name, title, caption, measured }) as const;
  return {
    id: 'modalities',
    title: 'Where images and texts lie',
    about:
      'CLIP puts images and texts into cones of their own (the modality gap of Liang et al. 2022). All features are ' +
      'taken as unit vectors here. The gap is the distance between two means; the mean cosine within a set says how ' +
      'narrow its cone is; alignment is the mean squared distance of pairs that belong together, and uniformity how ' +
      'evenly a set fills the sphere (Wang and Isola 2020, lower is better for both); the effective rank counts the ' +
      'directions that a set uses (Roy and Vetterli 2007). None of them says by itself that retrieval is better: no rank ' +
      'changes where all queries move away from all images alike.',
    findings: [
      sayChanges('The gap between images and texts', gaps, 'images–texts', decimals(3)),
      sayChanges('The gap between queries and targets', gaps, 'queries–targets', decimals(3)),
      sayChanges('The angle between the means of queries and targets', angles, 'queries–targets', decimals(1, '°')),
      sayChanges('The mean cosine within queries', cones, 'queries', decimals(3)),
      sayChanges('The squared distance of a query to its target', aligned, 'queries–targets', decimals(3)),
      sayChanges('The uniformity of queries', uniform, 'queries', decimals(3)),
      sayChanges('The effective rank of queries', ranks, 'queries', decimals(1)),
    ],
    figures: [
      intervals('gap', 'distance of means', 'The modality gap: distances between the means of two sets.', gaps),
      intervals('angle', 'degrees', 'Angles between the means of two sets.', angles),
      intervals('cone', 'mean cosine', 'Mean cosine within each set: 1 where all point the same way.', cones),
      intervals(
        'alignment',
        'mean squared distance',
        'Alignment: how far a text or query is from its target.',
        aligned,
      ),
      intervals('uniformity', 'log mean potential', 'Uniformity: the lower, the more evenly a set is spread.', uniform),
      intervals('effective-rank', 'directions', 'Effective rank: how many directions a set uses.', ranks),
      ...['images', 'texts', 'targets', 'queries'].map(
        (set): CurvesFigure => ({
          kind: 'curves',
          name: `spectrum-of-${set}`,
          x: 'principal component',
          y: '% of variance',
          logarithmic: true,
          caption: `The variance that each principal component of the ${set} has, with 95 % intervals.`,
          curves: spaces.flatMap(({ stage }) => {
            const points = Array.from({ length: COMPONENTS }, (_, i) => ({
              x: i + 1,
              found: shares.measured.find((one) => one.stage === stage && one.of === componentName(set, i + 1)),
            })).flatMap(({ x, found }) =>
              // A logarithm has no place for nothing.
              found && found.value > 1e-6
                ? [{ x, y: found.value, low: Math.max(found.low, found.value / 10), high: found.high }]
                : [],
            );
            return points.length > 0 ? [{ name: STAGES[stage], points }] : [];
          }),
        }),
      ),
    ],
    numbers: [gaps, angles, cones, aligned, measure(alignmentDeviation), uniform, ranks, shares],
  };
}
