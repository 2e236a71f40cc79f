import { mainRecall } from '../main-recall.ts';
import {
  compositionGap,
  kindShares,
  needsBoth,
  ONE_HALF,
  type OneOrBoth,
  recallsWhereBothAreNeeded,
  SOLVED_BY,
  type SolvedBy,
  solvedBy,
} from '../needs-both.ts';
import { type ByStage, meanValue } from '../scores.ts';
import type { StudyData, StudySection } from '../section.ts';
import type { Stage } from '../space.ts';
import { decimals, numberOf, sayChanges, withInterval } from '../words.ts';

/** Whether a query needs its image and its caption, or one of them is enough. */
export async function bothSection({ evaluator, spaces, strata, measure, ranks }: StudyData): Promise<StudySection> {
  const { protocol } = evaluator;
  const recall = mainRecall(protocol);
  const found: { [stage in Stage]?: OneOrBoth } = {};
  for (const [index, space] of spaces.entries()) {
    const before = space.sameClip ? found[spaces[index - 1].stage] : undefined;
    found[space.stage] = {
      image: before?.image ?? (await ranks(space, space.references)),
      text: before?.text ?? (await ranks(space, space.texts)),
      both: await ranks(space, space.queries),
    };
  }
  const kinds: ByStage<SolvedBy[]> = mapStages(found, (one) => solvedBy(one, recall));
  const shares = measure(
    meanValue('solved by', strata, mapStages(kinds, kindShares), { scale: 100, categories: false }),
  );
  const needed = needsBoth(kinds);
  const count = needed.filter(Boolean).length;
  const recalls = recallsWhereBothAreNeeded(
    mapStages(found, ({ both }) => both),
    protocol.metrics,
    needed,
  );
  const onAll = measure(meanValue('on all queries', strata, recalls.all, { scale: 100 }));
  const onNeeded =
    count > 0 ? [measure(meanValue('where both are needed', strata, recalls.needed, { scale: 100 }))] : [];
  const gaps = count > 0 ? [measure(compositionGap(strata, recalls))] : [];
  const one = decimals(1);
  const percent = decimals(1, '\u00a0%');
  const last = spaces.at(-1)!.stage;
  const needing = measure(
    meanValue(
      'need both at every stage',
      strata,
      { [last]: [{ of: 'queries', values: needed.map(Number) }] },
      {
        scale: 100,
        categories: false,
      },
    ),
  );
  return {
    id: 'both',
    title: 'Does the query need both?',
    about:
      `A query is composed only if neither its image nor its caption finds the target alone. A query counts as solved ` +
      `where it is a hit for ${recall.label}. Queries that no stage solves by one half alone need both; they are ` +
      'the same for every stage, so that recalls on them compare. The composition gap is how much a score owes to the ' +
      'other queries. (CIRCUS, 2026, finds 32 to 84 % of the queries of public benchmarks solved by one half.)',
    findings: [
      `${withInterval(numberOf(shares, ONE_HALF, last), percent)} of the queries are solved by one half alone with the ` +
        `features of the last stage; ${count.toLocaleString('en')} of ${needed.length.toLocaleString('en')} need both ` +
        `at every stage (${withInterval(numberOf(needing, 'queries', last), percent)}).`,
      sayChanges('The share of queries that only image and caption together solve', shares, 'both only', percent),
      sayChanges('The share that nothing solves', shares, 'nobody', percent),
      ...onNeeded.map((numbers) =>
        sayChanges(
          `${recall.label} on the queries that need both`,
          numbers,
          labelOf(numbers.measured, recall.label),
          one,
        ),
      ),
      ...gaps.map((numbers) => {
        const of = labelOf(numbers.measured, recall.label);
        return `The composition gap of the last stage is ${withInterval(numberOf(numbers, of, last), one)} points of ${of}.`;
      }),
    ],
    figures: [
      {
        kind: 'shares',
        name: 'solved-by',
        title: '% of queries',
        caption: `What solves a query, by ${recall.label}.`,
        bars: spaces.map(({ stage }) => ({
          stage,
          shares: SOLVED_BY.map((of) => ({ of, percent: numberOf(shares, of, stage).value })),
        })),
      },
      {
        kind: 'intervals',
        name: 'recalls-on-all',
        title: '%',
        caption: 'The scores of the protocol on all queries.',
        measured: onAll.measured,
      },
      ...onNeeded.map(({ measured }) => ({
        kind: 'intervals' as const,
        name: 'recalls-where-both-are-needed',
        title: '%',
        caption: 'The same on the queries that need both.',
        measured,
      })),
    ],
    numbers: [shares, needing, onAll, ...onNeeded, ...gaps],
  };
}

/** The name of a metric among some numbers, or of the first where the protocol has no such metric. */
const labelOf = (measured: readonly { readonly of: string }[], label: string): string =>
  measured.some(({ of }) => of === label) ? label : measured[0].of;

const mapStages = <A, B>(values: ByStage<A>, change: (value: A) => B): ByStage<B> =>
  Object.fromEntries(Object.entries(values).map(([stage, value]) => [stage, change(value)]));
