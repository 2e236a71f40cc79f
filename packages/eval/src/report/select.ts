import type { Scoreboard } from '../evaluator.ts';
import type { Scores } from '../protocols/protocol.ts';
import type { Method, ReportQuery, Shown, TrainingCurve } from './types.ts';

const headings = { 'stage 1': 'Stage 1: CLIP', 'stage 2': 'Stage 2: Combiner' };

/** The curves of both stages out of a run's log, the entries of its `metrics.jsonl`. */
export function trainingCurves(logged: readonly Readonly<Record<string, unknown>>[]): TrainingCurve[] {
  return Object.entries(headings).map(([stage, heading]) => {
    const entries = logged.filter((entry) => entry.stage === stage);
    return {
      stage: heading,
      losses: entries
        .filter(({ type }) => type === 'step')
        .map(({ step, loss }) => ({ step: step as number, loss: loss as number })),
      validation: entries
        .filter(({ type, validation }) => type === 'epoch' && validation)
        .map(({ epoch, validation }) => ({ epoch: epoch as number, scores: validation as Scores })),
    };
  });
}

/**
 * Queries of a split at even distances, the same number from each category, with what the last method finds.
 * @param count about how many
 * @param shown an image as the report shows it
 */
export async function reportQueries(
  { rankings, evaluator }: Scoreboard,
  count: number,
  shown: (id: string) => Promise<Shown>,
): Promise<ReportQuery[]> {
  const last = [...rankings.values()].at(-1)!; // the Combiner, where there is one
  const perCategory = Math.ceil(count / evaluator.categories.length);
  const result: ReportQuery[] = [];
  for (const [index, { category, gallery, triplets, captions }] of evaluator.categories.entries()) {
    const stride = Math.max(1, Math.floor(triplets.length / perCategory));
    for (let query = 0; query < triplets.length && query < stride * perCategory; query += stride) {
      const { reference, targets: alsoCorrect } = triplets[query];
      const { target } = evaluator.answers[index][query];
      const found = Array.from(last[index].rankings[query]).slice(0, 10);
      result.push({
        category,
        caption: captions[query],
        reference: await shown(reference),
        target: await shown(gallery[target]),
        ranks: [...rankings].flatMap(([method, ranked]) => rankOf(method, ranked[index].ranks[query].target)),
        top: await Promise.all(found.map((image) => shown(gallery[image]))),
        ...(alsoCorrect ? { alsoCorrect: [...alsoCorrect] } : {}),
      });
    }
  }
  return result;
}

const rankOf = (method: Method, rank: number): { method: Method; rank: number }[] =>
  rank === 0 ? [] : [{ method, rank }];
