import { evalCaption, paraphrase, seededRandom } from '@webcir/data';
import { differences } from '../differences.ts';
import { mainRecall } from '../main-recall.ts';
import { paraphraseMoves } from '../moves.ts';
import { type ByStage, meanAndDeviation, type QueryValues } from '../scores.ts';
import type { StudyData, StudySection } from '../section.ts';
import type { Stage } from '../space.ts';
import { decimals, sayChanges } from '../words.ts';

/** Another way to say what a caption says. */
interface Wording {
  readonly name: string;
  /** Undefined for a caption that has no such form. */
  readonly captions: readonly (string | undefined)[];
}

/** How far ranks move when the same is said in another way: undefined where no caption can be said in another way. */
export async function paraphrasesSection(data: StudyData): Promise<StudySection | undefined> {
  const { evaluator, spaces, strata, captions, measure, wholeRanks, queriesFor } = data;
  const wordings = wordingsOf(data).filter((wording) => wording.captions.some((caption) => caption !== undefined));
  if (wordings.length === 0) return undefined;
  const recall = mainRecall(evaluator.protocol);
  const ranks: { [stage in Stage]?: Float64Array } = {};
  for (const space of spaces) ranks[space.stage] = wholeRanks(space, space.queries);
  const hit = (target: number) => (Number.isNaN(target) ? target : recall.of({ target }));
  const parts: {
    readonly name: string;
    readonly moved: ByStage<Float64Array>;
    readonly scores: ByStage<QueryValues[]>;
  }[] = [];
  for (const { name, captions: said } of wordings) {
    const moved: { [stage in Stage]?: Float64Array } = {};
    const scores: { [stage in Stage]?: QueryValues[] } = {};
    const asked = said.map((caption, query) => caption ?? captions[query]);
    for (const space of spaces) {
      const queries = await queriesFor(space, asked);
      const after = wholeRanks(space, queries).map((rank, query) => (said[query] === undefined ? Number.NaN : rank));
      moved[space.stage] = after;
      scores[space.stage] = [
        {
          of: 'as it stands',
          values: ranks[space.stage]!.map((rank, query) => hit(said[query] === undefined ? Number.NaN : rank)),
        },
        { of: name, values: after.map(hit) },
      ];
    }
    parts.push({ name, moved, scores });
  }
  const moveNumbers = parts.map(({ name, moved }) =>
    meanAndDeviation(`rank moves, ${name}`, strata, paraphraseMoves(ranks, moved)).map(measure),
  );
  const moves = moveNumbers.map(([means]) => means);
  const losses = parts.map(({ scores }) =>
    measure(differences(`${recall.label} change`, strata, scores, 'as it stands')),
  );
  const [far, often] = ['doublings, either way', 'share that moves by more than a factor of 2'];
  return {
    id: 'paraphrases',
    title: 'The same said in another way',
    about:
      'Every caption is said again: in other words of the same meaning, where it is made of the templates of the ' +
      'embedded set, and with its two halves in the other order, where it has two. A model that understood would ' +
      'rank alike. Moves are counted in doublings of the rank of the target in the whole gallery.',
    findings: parts.flatMap(({ name }, i) => [
      sayChanges(`With ${name}, a rank's mean move in doublings`, moves[i], far, decimals(2)),
      sayChanges(
        `With ${name}, the share of targets that move by more than a factor of 2`,
        moves[i],
        often,
        decimals(2),
      ),
      sayChanges(`With ${name}, the change of ${recall.label} in points`, losses[i], name, decimals(1)),
    ]),
    figures: [
      {
        kind: 'intervals',
        name: 'paraphrase-moves',
        title: 'doublings of the rank, either way',
        caption: 'How far the rank of a target moves when its query is said in another way.',
        measured: moves.flatMap(({ measured }, i) =>
          measured.filter(({ of }) => of === far).map((one) => ({ ...one, of: parts[i].name })),
        ),
      },
      {
        kind: 'intervals',
        name: 'paraphrase-losses',
        title: `${recall.label}, change in points`,
        caption: `What ${recall.label} gains or loses on the captions that can be said in another way.`,
        measured: losses.flatMap(({ measured }) => measured),
      },
    ],
    numbers: [...moveNumbers.flat(), ...losses],
  };
}

function wordingsOf({ evaluator, captions, fits }: StudyData): Wording[] {
  const random = seededRandom(1);
  const triplets = evaluator.categories.flatMap((category) => category.triplets);
  const thatFit = (said: readonly (string | undefined)[]) =>
    said.map((caption) => (caption !== undefined && fits(caption) ? caption : undefined));
  return [
    { name: 'other words', captions: thatFit(captions.map((caption) => paraphrase(caption, random))) },
    {
      name: 'the other order',
      captions: thatFit(
        triplets.map(({ captions: said }) => (said.length === 2 ? evalCaption([said[1], said[0]]) : undefined)),
      ),
    },
  ];
}
