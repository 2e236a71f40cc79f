// The same work by webcir: its commands, and its training steps on batches that are given.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  downloadClip,
  normalizePixels,
  preprocess,
  readSafetensors,
  storeClipModel,
  storeTensors,
  textTokenizer,
  toFloat32,
  uploadClip,
} from '../../packages/clip/dist/index.js';
import { loadTokenizer, openClipModel, writeSafetensorsFile } from '../../packages/clip/dist/node.js';
import { combinerEntries, initialCombiner } from '../../packages/combiner/dist/index.js';
import { seededRandom, trainCaption } from '../../packages/data/dist/index.js';
import { featureRows, ImageEncoder, TextEncoderPrograms, tableOf } from '../../packages/retrieval/dist/index.js';
import { combinerConfig, isTuned, Stage1, Stage2 } from '../../packages/train/dist/index.js';
import { root, run } from '../lib/run.mjs';

const cli = join(root, 'packages/webcir/dist/cli.js');

/** Runs the `webcir` command. @throws with what it has printed, where it fails */
export async function webcir(...args) {
  const { code, output } = await run(process.execPath, [cli, ...args]);
  if (code !== 0) throw new Error(`webcir ${args.join(' ')} failed:\n${output}`);
}

/** Features by `webcir encode`, [n, width] each. */
export async function features({ model, images, texts, out }) {
  await webcir('encode', ...images, '--texts', texts, '--clip-model-path', model, '--out', out, '--no-autotune');
  const { tensors } = readSafetensors(readFileSync(out));
  const [image, text] = ['image_features', 'text_features'].map((name) => tensors.get(name));
  return { width: image.shape[1], image: toFloat32(image), text: toFloat32(text) };
}

/** Scores by `webcir eval`: `category metric` in percent. */
export async function evaluate({ dataset, data, model, combiner, out }) {
  const method = combiner
    ? ['--combining-function', 'combiner', '--combiner-path', combiner]
    : ['--combining-function', 'sum'];
  const what = ['--dataset', dataset, '--data', data, '--split', 'val', '--clip-model-path', model, ...method];
  await webcir('eval', ...what, '--json', out, '--no-autotune');
  const [{ rows }] = JSON.parse(readFileSync(out, 'utf8')).results;
  return Object.fromEntries(
    rows
      .filter(({ category }) => category !== 'mean')
      .flatMap(({ category, ...scores }) =>
        Object.entries(scores).map(([key, value]) => [`${category} ${key}`, value]),
      ),
  );
}

/** The batches of a job: triplets of the training split with the form that their captions take. */
async function prepared(device, job, weightsOf) {
  const model = await openClipModel(job.model);
  const clip = await weightsOf(model);
  const triplets = job.dataset.triplets('train');
  const ids = [...new Set(job.batches.flat().flatMap((i) => [triplets[i].reference, triplets[i].target]))];
  const { imageResolution: size, embedDim } = model.config;
  const planes = await Promise.all(
    ids.map(async (id) =>
      normalizePixels(preprocess(await job.dataset.image(id), { transform: 'targetpad', targetRatio: 1.25, size })),
    ),
  );
  const encoder = await ImageEncoder.create(device, model.config, clip.weights, 256);
  const table = tableOf(ids, embedDim, await encoder.encode(ids.length, (i) => planes[i]));
  encoder.dispose();
  const rowsOf = textTokenizer(model, await loadTokenizer());
  const batches = job.batches.map((batch, step) => ({
    reference: featureRows(
      table,
      batch.map((i) => triplets[i].reference),
    ),
    target: featureRows(
      table,
      batch.map((i) => triplets[i].target),
    ),
    texts: batch.map((i, k) => rowsOf(trainCaption(triplets[i].captions, (job.forms[step][k] + 0.5) / 4)).rows),
  }));
  return { model, clip, batches };
}

/** Stage 1 on the text encoder. Leaves the tuned CLIP in `job.out`; returns the losses. */
export async function fineTune(device, job) {
  const { model, clip, batches } = await prepared(device, job, (model) => uploadClip(device, model, isTuned('text')));
  const stage = new Stage1(device, model.config, clip, { batch: job.batches[0].length });
  const losses = [];
  for (const [step, { texts, ...images }] of batches.entries()) {
    const run = await stage.prepare({ kind: 'features', ...images }, texts);
    losses.push(await run(stage.adam.hyper({ learningRate: job.learningRate, weightDecay: 0.01, step: step + 1 })));
  }
  await writeSafetensorsFile(job.out, storeClipModel(downloadClip(model, clip), 'F32'));
  await stage.dispose();
  clip.dispose();
  return losses;
}

/** Stage 2 without dropout. Leaves the trained Combiner in `job.out`; returns the losses. */
export async function trainCombiner(device, job) {
  const { model, clip, batches } = await prepared(device, job, (model) => uploadClip(device, model));
  const { config } = model;
  const reader = new TextEncoderPrograms(device, config, clip.weights);
  const sizes = combinerConfig(config.embedDim, {});
  const initial = initialCombiner(sizes, seededRandom(job.seed));
  const stage = await Stage2.create(device, sizes, initial, { batch: job.batches[0].length, dropout: 0 });
  const losses = [];
  for (const [step, { texts, reference, target }] of batches.entries()) {
    const run = stage.prepare({ reference, target, text: await reader.encode(texts) });
    losses.push(await run(stage.adam.hyper({ learningRate: job.learningRate, weightDecay: 0, step: step + 1 })));
  }
  await writeCombiner(sizes, await stage.combiner.read(), job.out);
  await reader.dispose();
  stage.dispose();
  clip.dispose();
  return losses;
}

/** Writes the Combiner that `trainCombiner` begins with on a CLIP; returns its sizes. */
export async function writeInitialCombiner(clip, seed, out) {
  const { config } = await openClipModel(clip);
  const sizes = combinerConfig(config.embedDim, {});
  await writeCombiner(sizes, initialCombiner(sizes, seededRandom(seed)), out);
  return sizes;
}

async function writeCombiner(sizes, weights, out) {
  const tensors = combinerEntries(sizes).map(({ name, shape }) => [
    name,
    { shape, read: async () => weights.get(name) },
  ]);
  await writeSafetensorsFile(out, { tensors: storeTensors(new Map(tensors), 'F32'), metadata: new Map() });
}
