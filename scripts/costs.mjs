// Prints the tables of docs/reproduce.md: what CLIP4Cir's training costs, by calculation.
import * as costs from './lib/costs.mjs';
import { number, table, time } from './lib/markdown.mjs';

const models = costs.readShapes();

const model = models.RN50x4;
const combiner = { features: 640, projection: 2560, hidden: 5120 };
const CONTEXT = 77;
/** Positions that captions are taken to need, where only as many are run as they need. */
const TRIMMED = 24;
const BATCH = 128;
const COMBINER_BATCH = 4096;
const EPOCHS = 100;
const COMBINER_EPOCHS = 300;
/** The forward pass, and twice as much for the gradients of what enters a layer and of its weights. */
const TRAINED = 3;
/** Speeds in TFLOP/s. */
const RATES = [0.03, 1, 10, 50];

/** `images`: different ones in the training triplets. `galleries`: [queries, images] that validation ranks. */
const datasets = {
  FashionIQ: {
    triplets: 18_000,
    images: 25_136,
    forms: 4,
    galleries: [
      [2_017, 3_817],
      [2_038, 6_346],
      [1_961, 5_373],
    ],
  },
  CIRR: { triplets: 28_225, images: 16_939, forms: 1, galleries: [[4_181, 2_297]] },
};

const image = costs.imageFlops(model);
const text = (positions) => costs.textFlops(model, positions);
const mix = costs.combinerFlops(combiner);
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** One row: a stage of `epochs` epochs, each of `steps` steps and a validation, after something that is done once. */
function stage(name, { once = 0, step, steps, validation, epochs }) {
  const epoch = steps * step + validation;
  const total = once + epochs * epoch;
  return [
    name,
    number(step / 1e9),
    steps,
    number(epoch / 1e12),
    number(total / 1e15),
    ...RATES.map((rate) => time(total / (rate * 1e12))),
  ];
}

function stages({ triplets, images, forms, galleries }) {
  const steps = Math.floor(triplets / BATCH);
  const combinerSteps = Math.floor(triplets / COMBINER_BATCH);
  const queries = sum(galleries.map(([count]) => count));
  const gallery = sum(galleries.map(([, count]) => count));
  const ranking = sum(galleries.map(([count, size]) => 2 * combiner.features * count * size));
  const validate = (positions) => queries * text(positions) + ranking;
  const features = (images + gallery) * image;
  const tuned = { steps, epochs: EPOCHS };
  const mixed = { steps: combinerSteps, epochs: COMBINER_EPOCHS };
  const both = BATCH * TRAINED * (2 * image + text(TRIMMED));
  const stage2 = COMBINER_BATCH * TRAINED * mix;
  const captions = (forms * triplets + queries) * text(TRIMMED);
  return [
    stage('stage 1, `--encoder text`', {
      ...tuned,
      once: features,
      step: BATCH * TRAINED * text(TRIMMED),
      validation: validate(TRIMMED),
    }),
    stage("the same by CLIP4Cir's procedure", {
      ...tuned,
      once: gallery * image,
      step: BATCH * (2 * image + TRAINED * text(CONTEXT)),
      validation: validate(CONTEXT),
    }),
    stage('stage 1, `--encoder both`', { ...tuned, step: both, validation: gallery * image + validate(TRIMMED) }),
    stage('the same, activations computed again', {
      ...tuned,
      step: (both * (TRAINED + 1)) / TRAINED,
      validation: gallery * image + validate(TRIMMED),
    }),
    stage('stage 2', { ...mixed, once: features + captions, step: stage2, validation: queries * mix + ranking }),
    stage("the same by CLIP4Cir's procedure", {
      ...mixed,
      once: gallery * image,
      step: stage2 + COMBINER_BATCH * (2 * image + text(CONTEXT)),
      validation: queries * (mix + text(CONTEXT)) + ranking,
    }),
  ];
}

function memory() {
  const all = costs.parameters(model);
  const textOnly = costs.parameters(model, (name) => !costs.isVisual(name));
  const images = costs.imageActivations(model);
  const captions = costs.textActivations(model, CONTEXT);
  const gigabytes = (values) => ((4 * values) / 1e9).toFixed(values < 2.5e9 ? 1 : 0);
  // Weights, gradients and two moments.
  const row = (name, weights, trained, activations) => [
    name,
    gigabytes(weights + 3 * trained),
    gigabytes(activations),
    gigabytes(weights + 3 * trained + activations),
  ];
  const micro = 16;
  const mixer = costs.combinerParameters(combiner);
  return [
    row('stage 1, `--encoder text`, captions of 77', all, textOnly, BATCH * captions.all),
    row('with `--checkpoint-activations`', all, textOnly, BATCH * captions.again),
    row('stage 1, `--encoder both`', all, all, BATCH * (2 * images.all + captions.all)),
    row('with `--checkpoint-activations`', all, all, BATCH * (2 * images.again + captions.again)),
    row(`with \`--micro-batch-size ${micro}\``, all, all, micro * images.all),
    row(`with \`--micro-batch-size ${micro} --checkpoint-activations\``, all, all, micro * images.again),
    row('stage 2, batch 4096', mixer, mixer, COMBINER_BATCH * costs.combinerActivations(combiner)),
  ];
}

const millions = (values) => (values / 1e6).toFixed(1);
const giga = (flops) => (flops / 1e9).toFixed(1);
const names = ['RN50', 'RN101', 'RN50x4', 'RN50x16', 'ViT-B-32', 'ViT-B-16', 'ViT-L-14', 'ViT-L-14-336'];
const perItem = names.map((name) => {
  const shapes = models[name];
  return [
    name,
    millions(costs.parameters(shapes, costs.isVisual)),
    millions(costs.parameters(shapes, (tensor) => !costs.isVisual(tensor))),
    giga(costs.imageFlops(shapes)),
    giga(costs.textFlops(shapes, CONTEXT)),
    giga(costs.textFlops(shapes, TRIMMED)),
  ];
});

const head = ['', 'GFLOP per step', 'steps per epoch', 'TFLOP per epoch', 'PFLOP in all'];
const rates = RATES.map((rate) => `at ${rate} TFLOP/s`);
const parts = [
  table(
    [
      'model',
      'image parameters, M',
      'text parameters, M',
      'GFLOP per image',
      `per caption at ${CONTEXT}`,
      `at ${TRIMMED} positions`,
    ],
    perItem,
  ),
  ...Object.entries(datasets).flatMap(([name, dataset]) => [
    `${name}, RN50x4:`,
    table([...head, ...rates], stages(dataset)),
  ]),
  'Memory in float32, GB, RN50x4, batch 128:',
  table(['', 'weights, gradients, moments', 'activations', 'together'], memory()),
];
console.log(parts.join('\n\n'));
