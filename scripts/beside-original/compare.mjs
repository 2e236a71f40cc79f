// Both systems on the same images, weights and batches; see docs/parity.md.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { evalCaption, seededRandom, seedOf, shuffled } from '../../packages/data/dist/index.js';
import { openEmbeddedFromPackage, openFashionIq, writeCirr, writeFashionIq } from '../../packages/data/dist/node.js';
import { clip as embeddedClip } from '../../packages/embedded/dist/index.js';
import { openDevice } from '../../packages/kernels/dist/index.js';
import { table } from '../lib/markdown.mjs';
import { Original } from './original.mjs';
import * as ours from './ours.mjs';

const USAGE = `usage: pnpm beside-original --clip FOLDER --clip4cir FOLDER [options]
  --clip FOLDER      a clone of github.com/openai/CLIP
  --clip4cir FOLDER  a clone of github.com/ABaldrati/CLIP4Cir
  --python COMMAND   a Python with torch, torchvision, pandas, regex and tqdm (default: python3)
  --work FOLDER      where data and weights go, and stay (default: a temporary folder)
  --steps N          training steps of each stage (default: 100)`;

/**
 * The largest differences that pass: of a feature relative to its norm, and of a loss relative to itself. The Combiner is
 * new, and Adam's first steps are as long for a gradient that is all but zero, and mostly rounding, as for any other: its
 * losses drift apart with the steps.
 */
const BOUNDS = { features: 2e-6, 'stage 1': 2e-5, 'stage 2': 3e-4 };
const BATCH = 32;
/** Of the Combiner's initial weights. */
const SEED = 1;
/** Images and texts whose features are compared. */
const ENCODED = 200;
/** Of each category of the embedded set. */
const CIRR_QUERIES = 200;
const categories = ['dress', 'shirt', 'toptee'];

async function main({ clip, clip4cir, python, work, steps }) {
  for (const folder of ['original', 'webcir']) mkdirSync(join(work, folder), { recursive: true });
  const original = new Original({ clip, clip4cir, work, python });
  const [versions] = await original.do({ do: 'versions' });
  const named = Object.entries({ Node: process.version, ...versions });
  console.log(named.map((pair) => pair.join(' ')).join(', '));

  const rows = [];
  const report = (what, found, bound) => {
    rows.push({ what, found, bound });
    console.log(`${what}: ${shown(found)}`);
  };
  const dataset = await writeData(work, Math.ceil((steps * BATCH) / categories.length));
  const context = { original, dataset, report, at: (name) => join(work, name) };
  const embedded = await compareFeatures(context);
  const made = await compareLosses(context, embedded, drawBatches(dataset, steps));
  await compareRecalls(context, made);

  const lines = rows.map(({ what, found, bound }) => [what, shown(found), shown(bound)]);
  console.log(`\n${table(['', 'largest difference', 'bound'], lines)}\n`);
  const failed = rows.filter(({ found, bound }) => !(found <= bound));
  for (const { what } of failed) console.error(`out of bounds: ${what}`);
  if (failed.length > 0) process.exitCode = 1;
}

/** Features of the embedded CLIP, and of one with random weights that the original code makes. Returns the first. */
async function compareFeatures({ original, dataset, report, at }) {
  const models = { 'embedded ViT': at('embedded.pt'), 'random ResNet': at('random.pt') };
  await ours.webcir('weights', 'convert', fileURLToPath(embeddedClip), models['embedded ViT']);
  await original.do({ do: 'random-model', seed: SEED, out: models['random ResNet'] });

  const [ids, triplets] = [dataset.gallery('val'), dataset.triplets('val')].map((all) => all.slice(0, ENCODED));
  const images = ids.map((id) => dataset.file(id));
  const texts = triplets.map(({ captions }) => evalCaption(captions));
  writeFileSync(at('texts.txt'), texts.map((line) => `${line}\n`).join(''));
  for (const [name, model] of Object.entries(models)) {
    await original.do({ do: 'features', model, images, texts, out: at('original/features') });
    const out = at('webcir/features.safetensors');
    const found = await ours.features({ model, images, texts: at('texts.txt'), out });
    for (const kind of ['image', 'text']) {
      const expected = readFloats(at(`original/features.${kind}`));
      report(`features of ${name}, ${kind}s`, largestDifference(found[kind], expected, found.width), BOUNDS.features);
    }
  }
  return models['embedded ViT'];
}

/** Losses of both stages on the same batches. Returns what each system has made of the model. */
async function compareLosses({ original, dataset, report, at }, model, draws) {
  const device = await openDevice();
  const steps = draws.batches.length;
  const tuning = { ...draws, model, learningRate: 1e-4 };
  const [theirs1] = await original.do({ do: 'fine-tune', categories, encoder: 'text', ...tuning });
  const models = { original: theirs1.model, webcir: at('webcir/clip.safetensors') };
  const losses1 = await ours.fineTune(device, { dataset, ...tuning, out: models.webcir });
  report(`losses of stage 1, ${steps} steps`, lossDifference(losses1, theirs1.losses), BOUNDS['stage 1']);

  // Stage 2 begins with the original's tuned CLIP, and with one Combiner, in both.
  const initial = at('initial.pt');
  const sizes = await ours.writeInitialCombiner(models.original, SEED, at('initial.safetensors'));
  await ours.webcir('weights', 'convert', at('initial.safetensors'), initial);
  const training = { ...draws, model: models.original, learningRate: 2e-5 };
  const [theirs2] = await original.do({ do: 'train-combiner', categories, initial, ...sizes, ...training });
  const combiners = { original: theirs2.model, webcir: at('webcir/combiner.safetensors') };
  const losses2 = await ours.trainCombiner(device, { dataset, seed: SEED, ...training, out: combiners.webcir });
  report(`losses of stage 2, ${steps} steps`, lossDifference(losses2, theirs2.losses), BOUNDS['stage 2']);
  device.close();
  return { models, combiners, sizes };
}

/** Recalls of both systems on the models of both. */
async function compareRecalls({ original, dataset, report, at }, { models, combiners, sizes }) {
  const queries = queriesOf(dataset, at('cirr_dataset/cirr/captions/cap.rc2.val.json'));
  for (const maker of ['original', 'webcir']) {
    const files = { model: models[maker], combiner: combiners[maker] };
    const theirs = maker === 'original' ? files : { model: at('webcir/clip.pt'), combiner: at('webcir/combiner.pt') };
    if (maker === 'webcir')
      for (const kind of ['model', 'combiner']) await ours.webcir('weights', 'convert', files[kind], theirs[kind]);
    for (const method of ['sum', 'combiner']) {
      const chosen = ({ model, combiner }) => ({ model, combiner: method === 'combiner' ? combiner : undefined });
      const [expected] = await original.do({ do: 'evaluate', categories, ...sizes, ...chosen(theirs) });
      const found = {};
      for (const [name, folder] of [
        ['fashioniq', 'fashionIQ_dataset'],
        ['cirr', 'cirr_dataset'],
      ]) {
        const job = { dataset: name, data: at(folder), out: at('webcir/eval.json') };
        Object.assign(found, await ours.evaluate({ ...job, ...chosen(files) }));
      }
      report(
        `queries by which recalls differ, ${method}, models of ${maker}`,
        differingHits(found, expected, queries),
        0,
      );
    }
  }
}

const shown = (value) => (Number.isInteger(value) ? String(value) : value.toExponential(1));

/** How many queries each category of the validation splits has; `all` is the one of CIRR. */
function queriesOf(dataset, cirrFile) {
  const fashionIq = categories.map((category) => [category, dataset.triplets('val', category).length]);
  return new Map([...fashionIq, ['all', JSON.parse(readFileSync(cirrFile, 'utf8')).length]]);
}

/** By how many queries the recalls differ, all together. @throws where there is no recall to compare with */
function differingHits(found, expected, queries) {
  const hits = (name, percent) => Math.round((percent / 100) * queries.get(name.split(' ')[0]));
  return Object.entries(expected).reduce((sum, [name, percent]) => {
    if (found[name] === undefined) throw new Error(`webcir eval gave no ${name}`);
    return sum + Math.abs(hits(name, found[name]) - hits(name, percent));
  }, 0);
}

/** Embedded images in FashionIQ's and CIRR's layouts, where the original looks for them. */
async function writeData(work, maxTriplets) {
  const embedded = await openEmbeddedFromPackage();
  await writeFashionIq(embedded, join(work, 'fashionIQ_dataset'), { maxTriplets });
  await writeCirr(embedded, join(work, 'cirr_dataset'), { maxTriplets: CIRR_QUERIES });
  return openFashionIq(join(work, 'fashionIQ_dataset'));
}

/** Triplets of the training split, each once at most, and the form that each caption pair takes. */
function drawBatches(dataset, steps) {
  const random = seededRandom(seedOf('beside the original'));
  const order = shuffled([...dataset.triplets('train').keys()], random);
  const batches = Array.from({ length: steps }, (_, i) => order.slice(i * BATCH, (i + 1) * BATCH));
  return { batches, forms: batches.map((batch) => batch.map(() => Math.floor(4 * random()))) };
}

function readFloats(file) {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The largest norm of the difference of two features, relative to the norm. */
function largestDifference(found, expected, width) {
  if (found.length !== expected.length) throw new Error(`expected ${expected.length} values, found ${found.length}`);
  let largest = 0;
  for (let start = 0; start < expected.length; start += width) {
    const row = expected.subarray(start, start + width);
    largest = Math.max(largest, Math.hypot(...row.map((x, i) => found[start + i] - x)) / Math.hypot(...row));
  }
  return largest;
}

const lossDifference = (found, expected) => Math.max(...expected.map((loss, i) => Math.abs(found[i] / loss - 1)));

try {
  const text = { type: 'string' };
  const options = { clip: text, clip4cir: text, python: { ...text, default: 'python3' }, work: text };
  const { values } = parseArgs({ options: { ...options, steps: { ...text, default: '100' } } });
  if (!values.clip || !values.clip4cir) throw new Error(`--clip and --clip4cir are needed\n${USAGE}`);
  const work = values.work ? resolve(values.work) : mkdtempSync(join(tmpdir(), 'webcir-beside-'));
  try {
    await main({ ...values, work, steps: Number(values.steps) });
  } finally {
    if (!values.work) rmSync(work, { recursive: true, force: true });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
