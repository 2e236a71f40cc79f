// Light weights at full size, and in a search: the sizes of a ViT-B/32 in int8, the cosines of its features to those in
// floats, and the recalls of a tuned run on the embedded set with its CLIP in floats and in int8. Takes minutes, so that
// CI does without it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { elementsOf, modelPart, readSafetensors, toFloat32 } from '../../packages/clip/dist/index.js';
import { evalCaption } from '../../packages/data/dist/index.js';
import { openEmbeddedFromPackage, openFashionIq, writeFashionIq } from '../../packages/data/dist/node.js';
import { table } from '../lib/markdown.mjs';
import { root, run } from '../lib/run.mjs';
import { DISTRIBUTIONS, writeRandomClip } from './random-clip.mjs';

const USAGE = `usage: pnpm light-weights [options]
  --run FOLDER   a finished run of webcir train on the embedded set (default: one is trained, in minutes)
  --work FOLDER  where weights and results go, and stay (default: a temporary folder)`;

/** What passes: bytes of the text side without its token table, cosines, and points of recall. */
const BOUNDS = { textBytes: 40e6, cosine: 0.999, points: 0.2 };
/** Images and texts whose features are compared. */
const ENCODED = { images: 16, texts: 64 };

const cli = join(root, 'packages/webcir/dist/cli.js');

/** Runs the `webcir` command. @throws with what it has printed, where it fails */
async function webcir(...args) {
  const { code, output } = await run(process.execPath, [cli, ...args]);
  if (code !== 0) throw new Error(`webcir ${args.join(' ')} failed:\n${output}`);
  return output;
}

async function makeLight(from, to) {
  const output = await webcir('weights', 'convert', from, to, '--storage', 'int8');
  console.log(
    output
      .split('\n')
      .filter((line) => !line.startsWith('Warning: '))
      .join('\n'),
  );
}

/** Images and captions of the embedded set, as files. */
async function writeInputs(work) {
  const folder = join(work, 'images');
  await writeFashionIq(await openEmbeddedFromPackage(), folder, { maxTriplets: ENCODED.texts });
  const dataset = await openFashionIq(folder);
  const images = dataset.gallery('val').slice(0, ENCODED.images);
  const texts = join(work, 'texts.txt');
  const captions = dataset.triplets('val').map(({ captions }) => evalCaption(captions));
  writeFileSync(
    texts,
    [...new Set(captions)]
      .slice(0, ENCODED.texts)
      .map((line) => `${line}\n`)
      .join(''),
  );
  return { images: images.map((id) => dataset.file(id)), texts };
}

/** Normalized features of images and of texts by `webcir encode`, a row each. */
async function featuresOf(clip, { images, texts }, out) {
  await webcir('encode', ...images, '--texts', texts, '--clip-model-path', clip, '--out', out, '--no-autotune');
  const { tensors } = readSafetensors(readFileSync(out));
  const rows = (name) => {
    const { shape } = tensors.get(name);
    const values = toFloat32(tensors.get(name));
    return Array.from({ length: shape[0] }, (_, i) => {
      const row = values.subarray(i * shape[1], (i + 1) * shape[1]);
      const norm = Math.hypot(...row);
      return row.map((value) => value / norm);
    });
  };
  return { image: rows('image_features'), text: rows('text_features') };
}

const cosine = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

function textBytes(file) {
  const { tensors } = readSafetensors(readFileSync(file));
  const text = [...tensors].filter(([name]) => modelPart(name) === 'text');
  return text.reduce((sum, [, { dtype, shape }]) => sum + elementsOf(shape) * (dtype === 'I8' ? 1 : 4), 0);
}

/** A random ViT-B/32 in floats and in int8. @returns what does not pass */
async function atFullSize(work, inputs, distribution) {
  const [floats, light] = ['floats', 'int8'].map((name) => join(work, `vit-b-32.${distribution}.${name}.safetensors`));
  await writeRandomClip(floats, distribution);
  await makeLight(floats, light);
  const out = join(work, 'features.safetensors');
  const [before, now] = [await featuresOf(floats, inputs, out), await featuresOf(light, inputs, out)];
  const bytes = textBytes(light);
  const failures = bytes <= BOUNDS.textBytes ? [] : [`text side of ${bytes} bytes`];
  const rows = ['image', 'text'].map((side) => {
    const smallest = Math.min(...before[side].map((row, i) => cosine(row, now[side][i])));
    const alike = Math.max(
      ...before[side].flatMap((row, i) => before[side].slice(0, i).map((other) => cosine(row, other))),
    );
    if (!(smallest >= BOUNDS.cosine)) failures.push(`${distribution}, ${side}: cosine ${smallest}`);
    return [side, before[side].length, smallest.toFixed(6), alike.toFixed(4)];
  });
  console.log(
    `${table([`${distribution} weights`, 'features', 'smallest cosine to floats', 'largest between two'], rows)}\n`,
  );
  return failures;
}

/** Recalls by `webcir eval`, in percent, mean of the categories. */
async function recalls(folder, clip, method, out) {
  const models = ['--run', folder, '--clip-model-path', clip, '--combining-function', method];
  await webcir('eval', ...models, '--json', out, '--no-autotune');
  const [{ rows }] = JSON.parse(readFileSync(out, 'utf8')).results;
  const { recall_at10, recall_at50 } = rows.find(({ category }) => category === 'mean');
  return { 'R@10': recall_at10, 'R@50': recall_at50 };
}

/** A run's recalls with its CLIP in floats and in int8. @returns what does not pass */
async function inASearch(work, folder) {
  const [clip, light, out] = [
    join(folder, 'clip.safetensors'),
    join(work, 'light.safetensors'),
    join(work, 'eval.json'),
  ];
  await makeLight(clip, light);
  const rows = [];
  const failures = [];
  for (const method of ['sum', 'combiner']) {
    const [floats, int8] = [await recalls(folder, clip, method, out), await recalls(folder, light, method, out)];
    for (const metric of Object.keys(floats)) {
      const difference = int8[metric] - floats[metric];
      rows.push([
        `${method}, ${metric}`,
        ...[floats[metric], int8[metric], difference].map((value) => value.toFixed(2)),
      ]);
      if (!(Math.abs(difference) <= BOUNDS.points)) failures.push(`${method}, ${metric}: ${difference} points`);
    }
  }
  console.log(`${table(['recall', 'floats', 'int8', 'difference'], rows)}\n`);
  return failures;
}

async function main(given, work) {
  const inputs = await writeInputs(work);
  const failures = [];
  for (const name of Object.keys(DISTRIBUTIONS)) failures.push(...(await atFullSize(work, inputs, name)));
  const folder = given ?? join(work, 'run');
  if (given === undefined) await webcir('train', '--seed', '1', '--out', work, '--name', 'run');
  failures.push(...(await inASearch(work, folder)));
  for (const failure of failures) console.error(`out of bounds: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

const { values } = parseArgs({
  options: { run: { type: 'string' }, work: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) console.log(USAGE);
else {
  const work = resolve(values.work ?? mkdtempSync(join(tmpdir(), 'webcir-light-')));
  mkdirSync(work, { recursive: true });
  try {
    await main(values.run && resolve(values.run), work);
  } finally {
    if (values.work === undefined) rmSync(work, { recursive: true });
  }
}
