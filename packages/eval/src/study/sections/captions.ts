import { byAttribute } from '../attributes-changed.ts';
import type { Measurements } from '../measure.ts';
import { byTrait, byWord, doublings, largestMoves } from '../moves.ts';
import { meanAndDeviation, type QueryValues } from '../scores.ts';
import type { StudyData, StudySection } from '../section.ts';
import type { Stage } from '../space.ts';
import { decimals, isNoise, sayEnds, where, withInterval } from '../words.ts';

/** Words that the figure shows at either end. */
const WORDS_SHOWN = 10;
/** Queries that are shown with their images, of those that rise and of those that fall. */
const MOVES_SHOWN = 10;

/** Which captions gain by a stage, and which lose: undefined where there is one model only. */
export function captionsSection(data: StudyData): StudySection | undefined {
  const { evaluator, spaces, strata, captions, measure, wholeRanks } = data;
  if (spaces.length < 2) return undefined;
  const ranks = spaces.map((space) => wholeRanks(space, space.queries));
  const steps = spaces.slice(1).map(({ stage }, i) => ({ stage, gains: doublings(ranks[i], ranks[i + 1]) }));
  const quantityOf = (name: string, of: (gains: Float64Array) => QueryValues[]): Measurements[] => {
    const values: { [stage in Stage]?: QueryValues[] } = {};
    for (const { stage, gains } of steps) values[stage] = of(gains);
    return meanAndDeviation(name, strata, values).map(measure);
  };
  const triplets = evaluator.categories.flatMap((category) => category.triplets);
  const traitNumbers = quantityOf('rank gain by caption', (gains) => byTrait(captions, gains));
  const wordNumbers = quantityOf('rank gain by word', (gains) => byWord(captions, gains));
  const attributeNumbers = quantityOf('rank gain by attribute', (gains) => byAttribute(triplets, gains));
  const [byTraits, byWords, byAttributes] = [traitNumbers[0], wordNumbers[0], attributeNumbers[0]];
  const two = decimals(2);
  const last = spaces.at(-1)!.stage;
  const { up, down } = largestMoves(ranks[0], ranks.at(-1)!, MOVES_SHOWN);
  const words = extremes(byWords, last);
  return {
    id: 'captions',
    title: 'Which captions gain, and which lose',
    about:
      'How far the rank of a target rises by each stage, in doublings: 1 where it is halved. The ranks are those in ' +
      'the whole gallery. A caption may speak of several things. The images show the queries whose targets moved ' +
      'furthest up and down between the first model and the last.',
    findings: [
      ...steps.map(({ stage }) => {
        const of = (name: string) => byTraits.measured.find((one) => one.stage === stage && one.of === name)!;
        const traits = byTraits.measured.filter((one) => one.stage === stage && one.of !== 'all captions');
        const sorted = [...traits].sort((a, b) => b.value - a.value);
        const [most, least] = [sorted[0], sorted.at(-1)!];
        const apart = most && most.low > least.high;
        const ends = most
          ? apart
            ? `: most for captions that are or speak of “${most.of}” (${withInterval(most, two)}), least for ` +
              `“${least.of}” (${withInterval(least, two)})`
            : ', with no difference beyond noise between kinds of captions'
          : '';
        const all = of('all captions');
        return isNoise(all)
          ? `The ranks of targets show no difference beyond noise ${where(stage)} (${withInterval(all, two)} doublings)${ends}.`
          : `Targets ${all.value > 0 ? 'rise' : 'fall'} by ${withInterval(all, two)} doublings ${where(stage)}${ends}.`;
      }),
      ...steps.flatMap(({ stage }) =>
        sayEnds(
          `The gain ${where(stage)} is`,
          byAttributes.measured.filter((one) => one.stage === stage),
          two,
        ),
      ),
    ],
    figures: [
      {
        kind: 'intervals',
        name: 'gain-by-caption',
        title: 'gain in doublings of the rank',
        caption: 'What each stage gains for captions of a kind.',
        measured: byTraits.measured,
      },
      ...(byAttributes.measured.length > 0
        ? [
            {
              kind: 'intervals' as const,
              name: 'gain-by-attribute',
              title: 'gain in doublings of the rank',
              caption: 'What each stage gains by the attributes that a caption changes, as the data set knows them.',
              measured: byAttributes.measured,
            },
          ]
        : []),
      ...(words.length > 0
        ? [
            {
              kind: 'intervals' as const,
              name: 'gain-by-word',
              title: `gain in doublings of the rank`,
              caption: `The words whose captions gain most and least ${where(last)}, of those that one caption in fifty has.`,
              measured: words,
            },
          ]
        : []),
    ],
    numbers: [...traitNumbers, ...wordNumbers, ...attributeNumbers],
    examples: [...up, ...down],
  };
}

/** The words at both ends, those that gain most first. */
function extremes({ measured }: Measurements, stage: Stage) {
  const sorted = measured.filter((one) => one.stage === stage).sort((a, b) => b.value - a.value);
  return sorted.length <= 2 * WORDS_SHOWN ? sorted : [...sorted.slice(0, WORDS_SHOWN), ...sorted.slice(-WORDS_SHOWN)];
}
