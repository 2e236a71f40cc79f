import { type ReportData, type ResultRow, reportQueries, trainingCurves } from '@webcir/eval';
import { renderReport } from '@webcir/eval/node';
import { formatSeconds } from '../../progress.ts';
import { dataUriOf } from '../../thumbnail.ts';
import { incompleteNotes, splitPhrase } from '../notes.ts';
import type { Finished } from './train.ts';

const shownQueries = 24;
/** Width and height in pixels. */
const thumbnailSize = 112;

/** Writes report.html: results, training curves, and what two dozen queries find. */
export async function writeReport(finished: Finished, rows: ResultRow[]): Promise<void> {
  const { folder, session, config, test, validation, seconds } = finished;
  const { device, dataset } = session;
  const data: ReportData = {
    title: `webcir: ${folder.path.split(/[\\/]/).at(-1)}`,
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
    curves: trainingCurves(await folder.logged()),
    queries: await reportQueries(validation, shownQueries, async (id) => ({
      id,
      image: await dataUriOf(dataset, id, thumbnailSize),
    })),
    notes: [...incompleteNotes(dataset), `The queries shown below are from the ${dataset.uses.validation} split.`],
  };
  await folder.writeText('report.html', await renderReport(data));
}
