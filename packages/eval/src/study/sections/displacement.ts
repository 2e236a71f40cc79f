import { displacement, displacementDeviation } from '../displacement.ts';
import type { CurvesFigure } from '../figures.ts';
import { mainRecall } from '../main-recall.ts';
import type { ByStage } from '../scores.ts';
import type { StudyData, StudySection } from '../section.ts';
import { STAGES } from '../space.ts';
import { bestWeight, MIXES, type Mix, type SweepHits, sweepName, sweepRecall, WEIGHTS } from '../sweep.ts';
import { decimals, numberOf, sayChanges, where, withInterval } from '../words.ts';

/** Whether a caption works like an arrow from the reference to the target, and how much it should weigh. */
export async function displacementSection(data: StudyData): Promise<StudySection> {
  const { evaluator, spaces, strata, pairs, measure } = data;
  const clips = spaces.filter(({ sameClip }) => !sameClip);
  const along = measure(displacement(pairs.queries));
  const recall = mainRecall(evaluator.protocol);
  const hits: ByStage<SweepHits> = Object.fromEntries(
    await Promise.all(clips.map(async (space) => [space.stage, await sweepHits(data, space, recall.of)] as const)),
  );
  const recalls = measure(sweepRecall(strata, hits));
  const best = measure(bestWeight(strata, hits));
  const mixes = Object.keys(MIXES) as Mix[];
  return {
    id: 'displacement',
    title: 'Is the caption a step from the reference to the target?',
    about:
      'If a caption is a step from the reference to the target, its feature points along target − reference. The ' +
      'cosine of the two is shown raw and less their means, beside that with the step of a random other query. Then ' +
      'the weight of the text goes from 0 (the reference alone) to 1 (the caption alone): linear mixes the features ' +
      'as CLIP gives them, so that ½ is the plain sum, spherical goes along the great circle between unit vectors.',
    findings: [
      sayChanges('The cosine of caption and step, less the means,', along, 'centred', decimals(3)),
      ...mixes.map((mix) => sayChanges(`The best weight of the text, ${mix},`, best, mix, decimals(1))),
      ...clips.map(({ stage }) => {
        const at = (mix: Mix) => {
          const weight = numberOf(best, mix, stage).value;
          const reached = numberOf(recalls, sweepName(mix, weight), stage);
          return `${withInterval(reached, decimals(1))} at ${weight} (${mix})`;
        };
        const sum = withInterval(numberOf(recalls, sweepName('linear', 0.5), stage), decimals(1));
        return `The best ${recall.label} ${where(stage)} is ${mixes.map(at).join(' and ')}; the plain sum has ${sum}.`;
      }),
    ],
    figures: [
      {
        kind: 'intervals',
        name: 'displacement',
        title: 'cosine with target − reference',
        caption: 'How far captions point along the step from reference to target, and along that of another query.',
        measured: along.measured,
      },
      ...mixes.map(
        (mix): CurvesFigure => ({
          kind: 'curves',
          name: `sweep-${mix}`,
          x: 'weight of the text',
          y: `${recall.label}, %`,
          caption: `${recall.label} over the weight of the text, ${mix}, with 95 % intervals.`,
          curves: clips.map(({ stage }) => ({
            name: STAGES[stage],
            points: WEIGHTS.map((weight) => {
              const { value, low, high } = numberOf(recalls, sweepName(mix, weight), stage);
              return { x: weight, y: value, low, high };
            }),
          })),
        }),
      ),
    ],
    numbers: [along, measure(displacementDeviation), best, recalls],
  };
}

async function sweepHits(
  { ranks }: StudyData,
  space: StudyData['spaces'][number],
  metric: (ranks: Awaited<ReturnType<StudyData['ranks']>>[number]) => number,
): Promise<SweepHits> {
  const sweep = async (mix: Mix) => {
    const found: number[][] = [];
    for (const weight of WEIGHTS) {
      const queries = MIXES[mix](space.references, space.texts, space.dim, weight);
      found.push((await ranks(space, queries)).map(metric));
    }
    return found;
  };
  return { linear: await sweep('linear'), spherical: await sweep('spherical') };
}
