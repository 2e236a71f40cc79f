import { existsSync } from 'node:fs';
import { uploadClip } from '@webcir/clip';
import { copyTokenizer } from '@webcir/clip/node';
import { combine, elementwiseSum, uploadCombiner } from '@webcir/combiner';
import { runImages, splitImages, trainingTriplets } from '@webcir/data';
import { Evaluator, type Fuse, formatTable, type Method, methodLines, protocolsFor, Scoreboard } from '@webcir/eval';
import { ranksFile, ranksJson } from '@webcir/eval/node';
import { openCombinerModel, openPlanes } from '@webcir/retrieval/node';
import { examplesOf, expectRun, planMicroBatch, trainRun } from '@webcir/train';
import { expectUnchanged, madeFrom, RunFolder } from '@webcir/train/node';
import { formatSeconds } from '../../progress.ts';
import { autotuneFor } from '../autotune.ts';
import { clipPath } from '../clip-source.ts';
import { incompleteNotes, preprocessingNotes, smallClipNotes, splitPhrase } from '../notes.ts';
import { encodeImages, frozenImageFeatures, openSession, type Session } from '../session.ts';
import { warnOfCaptions } from '../texts.ts';
import { batchNotes, expectConfig, recipeNotes, withFullPaths } from './config.ts';
import type { GivenOptions, MovableOptions, StoredConfig } from './options.ts';
import { presetFor } from './presets.ts';
import { showProgress } from './progress.ts';
import { writeReport } from './report.ts';

/** A run with everything that its report shows. */
export interface Finished {
  readonly session: Session;
  readonly folder: RunFolder;
  readonly config: StoredConfig;
  readonly test: Scoreboard;
  readonly validation: Scoreboard;
  readonly seconds: number;
}

/** A run to be started, or to go on, with its files where they are now. */
export type TrainRequest = { readonly path: string } & (
  | { readonly resume: false; readonly options: GivenOptions; readonly command: string }
  | { readonly resume: true; readonly options: MovableOptions }
);

/** `webcir train`: both stages, or one of them, then the table of the paper. */
export async function trainCommand(request: TrainRequest): Promise<void> {
  const { path, resume } = request;
  // Before the lock, which makes the folder that it lies in.
  await (resume ? RunFolder.find(path) : RunFolder.expectFree(path));
  const unlock = RunFolder.lock(path);
  try {
    await train(request);
  } catch (error) {
    throw isDiskFull(error) ? withRemedy(error, path) : error;
  } finally {
    unlock();
  }
}

const isDiskFull = (error: unknown): error is Error =>
  ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC';

const withRemedy = (cause: Error, path: string): Error =>
  new Error(
    `${cause.message}; make room, ` +
      (existsSync(path) ? `and go on from the last epoch with webcir train --resume ${path}` : 'and start again'),
    { cause },
  );

async function train(request: TrainRequest): Promise<void> {
  const started = performance.now();
  const { path, resume } = request;
  const resumed = resume ? await RunFolder.find(path) : undefined;
  const before = resumed && expectConfig(resumed.folder.file('config.json'), resumed.config);
  const { recipe, ...given } = { ...before, ...withFullPaths(request.options) } as GivenOptions;
  const session = await openSession(given);
  const { device, dataset, model, preprocessing, tokens } = session;
  const { validation: validationSplit, test: testSplit } = dataset.uses;
  // Training cuts captions that are too long, as CLIP4Cir does; an evaluation refuses them.
  const examples = examplesOf(trainingTriplets(dataset), (text) => tokens(text, { truncate: true }).rows);
  const combiner = given.combinerPath === undefined ? undefined : await openCombinerModel(given.combinerPath);
  const images = runImages(dataset, { groups: given.groupNegatives });
  const now = await madeFrom({ dataset, images, model, combiner });
  expectUnchanged(path, before?.madeFrom, now);
  const config = {
    ...presetFor(given.dataset, examples.length, recipe),
    ...(!request.resume && { command: request.command, startedAt: new Date().toISOString(), madeFrom: now }),
    ...given,
    ...model.preprocessing,
  } as StoredConfig;
  // Checked before anything is computed: a batch may be too large, or stage 1 may not fit.
  const planned = { device, model, combiner, examples, options: config };
  await expectRun(planned);
  if (config.stages !== '2') planMicroBatch(model, device.capabilities, config, planned);
  console.log(`webcir on ${device.name}: ${dataset.name}, ${examples.length} training triplets → ${path}`);
  const notes = [
    ...smallClipNotes(dataset, config),
    ...(resume ? [] : recipeNotes(config, given, recipe)),
    ...batchNotes(config, given),
    ...preprocessingNotes(given, model.preprocessing),
  ];
  for (const note of notes) console.log(note);

  const [protocol] = protocolsFor(dataset);
  const test = new Scoreboard(new Evaluator(session, testSplit, protocol));
  // Validation may be looked at, so its queries are what the report shows.
  const validation =
    validationSplit === testSplit ? test : new Scoreboard(new Evaluator(session, validationSplit, protocol));
  const boards = new Set([test, validation]);
  warnOfCaptions(session, [dataset.uses.train!, validationSplit, testSplit]);

  let folder = resumed?.folder;
  await folder?.writeJson('config.json', config); // files may have been moved
  // A resumed run must round as the first one did: every choice is in its config before a program runs with it.
  const withChoices = () => ({ ...config, choices: device.capabilities.choices ?? {} });
  const reportAutotune = await autotuneFor(device, config, {
    choices: config.choices,
    onChoices: () => folder?.writeJson('config.json', withChoices()),
  });
  const untunedClip = await uploadClip(device, model);
  const features = await frozenImageFeatures(session, images, config.foldBatchnorm);
  const untuned = { image: 'image', text: 'text', ...(config.stages !== '2' && { sum: elementwiseSum }) } as const;
  for (const board of boards) await board.add(untunedClip.weights, features, untuned);
  untunedClip.dispose();
  // Every image has been read by now: a run that cannot start leaves nothing behind.
  folder ??= await RunFolder.create(path, withChoices());
  await copyTokenizer(await clipPath(config), path, model);

  const source = openPlanes(dataset, preprocessing);
  const trained = await trainRun({
    ...planned,
    features,
    planes: source.planes,
    encodeImages: (weights, which) =>
      encodeImages(session, weights, which === 'all' ? images : splitImages(dataset, validationSplit), 'images'),
    validation: validation.evaluator,
    storage: folder,
    onEvent: showProgress(protocol),
  });
  await source.close();

  const tunedMethods: Partial<Record<Method, Fuse>> = { 'sum-stage1': elementwiseSum };
  if (trained.combiner) {
    const weights = await uploadCombiner(device, trained.combiner);
    tunedMethods.combiner = (image, text) => combine(image, text, (name) => weights.tensor(name));
  }
  for (const board of boards) await board.add(trained.clip.weights, trained.features, tunedMethods);
  reportAutotune();
  await finish({ session, folder, config, test, validation, seconds: (performance.now() - started) / 1000 });
  device.close();
}

async function finish(finished: Finished): Promise<void> {
  const { folder, test, session, seconds } = finished;
  const { protocol, split } = test.evaluator;
  const rows = test.rows();
  const { incomplete } = session.dataset;
  const { name, description } = protocol;
  await folder.writeJson('results.json', { protocol: name, description, split, incomplete, rows });
  await folder.writeText(ranksFile, ranksJson(test));
  await writeReport(finished, rows);
  console.log(`\n${formatTable(methodLines(rows), protocol.metrics)}\n`);
  console.log(
    `In percent. Protocol ${protocol.name} on ${splitPhrase(session.dataset, split)}. ${protocol.description}`,
  );
  for (const note of incompleteNotes(session.dataset)) console.log(note);
  console.log(`\n${formatSeconds(seconds)} in all. Open ${folder.file('report.html')} in a browser.`);
}
