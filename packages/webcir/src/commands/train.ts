import { storeClipModel, uploadClip } from '@webcir/clip';
import { openClipModel, writeSafetensorsFile } from '@webcir/clip/node';
import { combine, elementwiseSum, uploadCombiner } from '@webcir/combiner';
import { Evaluator, type Fuse, formatTable, type Method, methodLines, protocolsFor, Scoreboard } from '@webcir/eval';
import { openCombinerModel } from '@webcir/retrieval/node';
import { checkBatch, examplesOf } from '@webcir/train';
import { formatSeconds } from '../progress.ts';
import { RunFolder } from '../run-folder.ts';
import { autotuneFor } from './autotune.ts';
import { type Finished, incompleteNotes, splitPhrase } from './finished.ts';
import { placesFile, placesJson } from './places-file.ts';
import { writeReport } from './report.ts';
import { encodeImages, frozenImageFeatures, imageIds, openSession, trainingTriplets } from './session.ts';
import { graphsOfRun } from './train-autotune.ts';
import type { StoredConfig, TrainOptions } from './train-options.ts';
import { microBatchOf, trainStage1, tunedClip } from './train-stage1.ts';
import { trainedCombiner, trainStage2 } from './train-stage2.ts';

/** `webcir train`: both stages, or one of them, then the table of the paper. */
export async function trainCommand(
  path: string,
  options: TrainOptions,
  resume: boolean,
  command: string,
): Promise<void> {
  const started = performance.now();
  const { folder, config } = resume
    ? await resumed(path)
    : { folder: undefined, config: { ...options, command, startedAt: new Date().toISOString() } as StoredConfig };
  if (!resume) RunFolder.expectFree(path);
  const session = await openSession(config);
  const { device, dataset, splits, model } = session;
  const examples = examplesOf(trainingTriplets(session), session.tokenRows);
  checkBatch(config.batchSize, examples.length);
  checkBatch(config.combinerBatchSize, examples.length);
  // Before anything is computed: stage 1 may not fit. And before kernels are chosen, so that a resumed run plans the same.
  const microBatch = config.stages === '2' ? undefined : microBatchOf(session, config);
  console.log(`webcir on ${device.name}: ${dataset.name}, ${examples.length} training triplets → ${path}`);
  if (dataset.name !== 'fmnist-cir' && config.clipModelName === undefined && config.clipModelPath === undefined) {
    console.log('It starts from the small CLIP of the embedded set. Published numbers need --clip-model-name RN50x4.');
  }

  const [protocol] = protocolsFor(dataset);
  const test = new Scoreboard(new Evaluator(session, splits.test, protocol));
  // Validation may be looked at, so its queries are what the report shows.
  const validation =
    splits.validation === splits.test ? test : new Scoreboard(new Evaluator(session, splits.validation, protocol));
  const boards = new Set([test, validation]);

  if (resume) device.choose(config.choices ?? {});
  else {
    const evaluators = [...boards].map(({ evaluator }) => evaluator);
    await autotuneFor(device, config, () => graphsOfRun(session, config, examples, evaluators, microBatch));
  }
  const before = await uploadClip(device, model);
  const features = await frozenImageFeatures(session, imageIds(session), config.foldBatchnorm);
  const untuned = { image: 'image', text: 'text', ...(config.stages !== '2' && { sum: elementwiseSum }) } as const;
  for (const board of boards) await board.add(before.weights, features, untuned);
  before.dispose();
  // Every image has been read by now: a run that cannot start leaves nothing behind.
  const run = folder ?? (await RunFolder.create(path, { ...config, choices: device.capabilities.choices ?? {} }));

  if (!run.has(tunedClip)) {
    if (microBatch === undefined) await writeSafetensorsFile(run.file(tunedClip), storeClipModel(model, 'F32'));
    else await trainStage1(session, config, run, examples, features, validation.evaluator, microBatch);
  }
  const tuned = await openClipModel(run.file(tunedClip));
  const after = await uploadClip(device, tuned);
  // A tuned image encoder has other features, a frozen one the same.
  const tunedFeatures =
    config.encoder === 'text' || config.stages === '2'
      ? features
      : await encodeImages(session, after.weights, imageIds(session), 'images');

  const tunedMethods: Partial<Record<Method, Fuse>> = { 'sum-stage1': elementwiseSum };
  if (config.stages !== '1') {
    if (!run.has(trainedCombiner)) {
      await trainStage2(session, config, run, examples, after.weights, tunedFeatures, validation.evaluator);
    }
    const combiner = await uploadCombiner(device, await openCombinerModel(run.file(trainedCombiner)));
    tunedMethods.combiner = (image, text) => combine(image, text, (name) => combiner.tensor(name));
  }
  for (const board of boards) await board.add(after.weights, tunedFeatures, tunedMethods);

  await finish({ session, run, config, test, validation, seconds: (performance.now() - started) / 1000 });
  device.close();
}

async function resumed(path: string): Promise<{ folder: RunFolder; config: StoredConfig }> {
  const { folder, config } = await RunFolder.open(path);
  return { folder, config: config as unknown as StoredConfig };
}

async function finish(finished: Finished): Promise<void> {
  const { run, test, session, seconds } = finished;
  const { protocol, split } = test.evaluator;
  const rows = test.rows();
  const { incomplete } = session.dataset;
  const { name, description } = protocol;
  await run.writeJson('results.json', { protocol: name, description, split, incomplete, rows });
  await run.write(placesFile, placesJson(test));
  await writeReport(finished, rows);
  console.log(`\n${formatTable(methodLines(rows), protocol.metrics)}\n`);
  console.log(
    `In percent. Protocol ${protocol.name} on ${splitPhrase(session.dataset, split)}. ${protocol.description}`,
  );
  for (const note of incompleteNotes(session.dataset)) console.log(note);
  console.log(`\n${formatSeconds(seconds)} in all. Open ${run.file('report.html')} in a browser.`);
}
