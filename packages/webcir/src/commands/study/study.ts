import { join } from 'node:path';
import { expectWritable, writeFileAtomic } from '@webcir/clip/node';
import { QUERY_TEXTS, type QueryText } from '@webcir/data';
import { DATASETS } from '@webcir/data/node';
import { Evaluator, type Stage, study } from '@webcir/eval';
import { numberRows, numbersCsv, renderStudy } from '@webcir/eval/node';
import { type Command, InvalidArgumentError } from 'commander';
import { formatSeconds, ProgressLine } from '../../progress.ts';
import { atlasOf, dataUriOf } from '../../thumbnail.ts';
import { autotuneFor, noAutotuneOption } from '../autotune.ts';
import { addClipOptions } from '../clip-source.ts';
import { incompleteNotes, preprocessingNotes, smallClipNotes, splitPhrase } from '../notes.ts';
import {
  choice,
  queryTextOption,
  skipMissingOption,
  targetRatioOption,
  transformOption,
  truncateOption,
  wholeNumber,
} from '../options.ts';
import { expectSplit, protocolOf } from '../protocols.ts';
import { openSession } from '../session.ts';
import { warnOfCaptions } from '../texts.ts';
import { completeSources, openStudyModels, type StudySources } from './models.ts';

interface StudyCommandOptions extends StudySources {
  readonly out: string;
  readonly protocol?: string;
  readonly split?: string;
  readonly seed: number;
  readonly resamples: number;
  readonly queryText?: QueryText;
}

const stages: readonly Stage[] = ['base', 'stage1', 'stage2'];
/** Width and height of an image on the page, in pixels. */
const thumbnailSize = 96;

export function registerStudy(program: Command): void {
  const command = program
    .command('study')
    .description('Studies what each stage of training does to the features of a data set, and writes a report.')
    .addOption(choice('--dataset <name>', 'data set', DATASETS))
    .addOption(skipMissingOption());
  addClipOptions(command)
    .option('--data <folder>', 'folder of a data set that is not embedded')
    .option('--run <folder>', 'takes all models, data set and preprocessing from the folder of a run')
    .option('--combiner-path <file>', 'trained Combiner')
    .option(
      '--base-clip-model-path <file>',
      "the CLIP before it was tuned (default: what the run was started with, or the embedded set's small one)",
    )
    .option('--models <list>', 'of base, stage1 and stage2, separated by commas (default: all there are)', stageList)
    .requiredOption('--out <folder>', 'where the report goes')
    .option('--protocol <name>', 'how images are ranked: a protocol of the data set')
    .option('--split <name>', 'queries and gallery (default: the validation split)')
    .option('--seed <n>', 'seed of resamples and random pairs', wholeNumber(0), 1)
    .option('--resamples <n>', 'resamples that the intervals are made from', wholeNumber(20), 1000)
    .addOption(transformOption())
    .addOption(targetRatioOption())
    .addOption(truncateOption())
    .addOption(queryTextOption())
    .addOption(noAutotuneOption())
    .action((options) => studyCommand(options));
}

/** A parser for commander. */
function stageList(text: string): Stage[] {
  const names = text.split(',').map((name) => name.trim());
  const other = names.find((name) => !(stages as readonly string[]).includes(name));
  if (other !== undefined) throw new InvalidArgumentError(`expected some of ${stages.join(', ')}, found '${other}'.`);
  return names as Stage[];
}

/** `webcir study`: a page, its figures, and every number in two forms. */
async function studyCommand(given: StudyCommandOptions): Promise<void> {
  const started = performance.now();
  const { out, seed, resamples } = given;
  const file = (name: string) => join(out, name);
  await expectWritable(file('index.html'));
  const sources = await completeSources(given);
  const { queryText = 'plain' } = given;
  const session = { ...(await openSession(sources)), queryText };
  const { dataset, device, model } = session;
  for (const note of [...smallClipNotes(dataset, sources), ...preprocessingNotes(sources, model.preprocessing)]) {
    console.log(note);
  }
  const split = given.split ?? session.splits.validation;
  expectSplit(dataset, split);
  const protocol = protocolOf(dataset, given.protocol);
  const evaluator = new Evaluator(session, split, protocol);
  warnOfCaptions(session, [split]);
  const reportAutotune = await autotuneFor(device, sources);
  const models = await openStudyModels(session, sources, evaluator.images);
  const line = new ProgressLine('studying');
  const sections = await study(session, evaluator, models, {
    seed,
    resamples,
    onSection: (done, total) => line.update(done / total, `section ${done + 1} of ${total}`),
  });
  line.finish(`${sections.length} sections`);
  reportAutotune();

  const queries = evaluator.categories.flatMap(({ triplets, captions }) =>
    triplets.map((triplet, i) => ({ ...triplet, caption: captions[i] })),
  );
  const shown = async (id: string) => ({ id, image: await dataUriOf(dataset, id, thumbnailSize) });
  const about = {
    dataset: dataset.name,
    split,
    protocol: protocol.name,
    queryText,
    models: models.map(({ stage }) => stage),
    queries: queries.length,
    seed,
    resamples,
  };
  const { page, figures } = await renderStudy({
    title: `What training does to the features of ${dataset.name}`,
    facts: [
      ['Queries', `${queries.length.toLocaleString('en')}, ${splitPhrase(dataset, split)}`],
      ['Protocol', protocol.name],
      ...(queryText === 'plain' ? [] : [['Text of a query', QUERY_TEXTS[queryText]] as const]),
      ['Models', models.map(({ stage }) => stage).join(', ')],
      ['Intervals', `95 %, ${resamples.toLocaleString('en')} bootstrap resamples of queries and images, seed ${seed}`],
      ['Adapter', device.name],
    ],
    notes: incompleteNotes(dataset),
    sections,
    shown: async (query) => ({
      caption: queries[query].caption,
      reference: await shown(queries[query].reference),
      target: await shown(queries[query].target!),
    }),
    atlas: (images, options) => atlasOf(dataset, images, options),
  });
  device.close();
  const write = (name: string, text: string) => writeFileAtomic(file(name), Buffer.from(text));
  for (const [name, svg] of figures) await write(join('figures', `${name}.svg`), svg);
  await write('numbers.csv', numbersCsv(sections));
  await write('numbers.json', `${JSON.stringify({ ...about, numbers: numberRows(sections) }, null, 2)}\n`);
  await write('index.html', page);
  for (const { title, findings } of sections) {
    console.log(`\n${title}`);
    for (const finding of findings) console.log(`  ${finding}`);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${figures.size} figures in ${formatSeconds(seconds)}. Open ${file('index.html')} in a browser.`);
}
