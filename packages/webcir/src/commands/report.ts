import type { Method, ReportData, ResultRow, Scores, Shown } from '@webcir/eval';
import { renderReport } from '@webcir/eval/node';
import { formatSeconds } from '../progress.ts';
import type { RunFolder } from '../run-folder.ts';
import { dataUriOf } from '../thumbnail.ts';
import { type Finished, incompleteNotes, splitPhrase } from './finished.ts';

const shownQueries = 24;
const thumbnail = 112;

/** Writes report.html: results, training curves, and what two dozen queries find. */
export async function writeReport(finished: Finished, rows: ResultRow[]): Promise<void> {
  const { run, session, config, test, seconds } = finished;
  const { device, dataset } = session;
  const data: ReportData = {
    title: `webcir: ${run.path.split(/[\\/]/).at(-1)}`,
    facts: [
      ['Data set', dataset.name],
      ['Tuned encoder', config.encoder],
      ['Seed', String(config.seed)],
      ['Adapter', device.name],
      ['Time', formatSeconds(seconds)],
      ['Command', config.command],
      ['Started', config.startedAt],
    ],
    rows,
    protocol: test.evaluator.protocol,
    split: splitPhrase(dataset, test.evaluator.split),
    curves: await curves(run),
    queries: await queries(finished),
    notes: [...incompleteNotes(dataset), `The queries are from the ${session.splits.validation} split.`],
  };
  await run.write('report.html', await renderReport(data));
}

async function curves(run: RunFolder): Promise<ReportData['curves']> {
  const logged = await run.logged();
  return [
    ['stage 1', 'Stage 1: CLIP'],
    ['stage 2', 'Stage 2: Combiner'],
  ].map(([stage, heading]) => {
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

/** Validation queries at even distances through the split, the same number from each category. */
async function queries({ session, validation }: Finished): Promise<ReportData['queries']> {
  const { dataset } = session;
  const { rankings, evaluator } = validation;
  const shown = async (id: string): Promise<Shown> => ({ id, image: await dataUriOf(dataset, id, thumbnail) });
  const best = [...rankings.values()].at(-1)!; // the last method: the Combiner, where there is one
  const perCategory = Math.ceil(shownQueries / evaluator.categories.length);
  const result: ReportData['queries'] = [];
  for (const [index, { category, gallery, triplets, captions }] of evaluator.categories.entries()) {
    const stride = Math.max(1, Math.floor(triplets.length / perCategory));
    for (let query = 0; query < triplets.length && query < stride * perCategory; query += stride) {
      const { reference, targets: alsoCorrect } = triplets[query];
      const { target } = evaluator.answers[index][query];
      const found = Array.from(best[index].rankings[query]).slice(0, 10);
      result.push({
        category,
        caption: captions[query],
        reference: await shown(reference),
        target: await shown(gallery[target]),
        ranks: [...rankings].flatMap(([method, ranked]) => rankOf(method, ranked[index].places[query].target)),
        top: await Promise.all(found.map((image) => shown(gallery[image]))),
        ...(alsoCorrect ? { alsoCorrect: [...alsoCorrect] } : {}),
      });
    }
  }
  return result;
}

const rankOf = (method: Method, rank: number): { method: Method; rank: number }[] =>
  rank === 0 ? [] : [{ method, rank }];
