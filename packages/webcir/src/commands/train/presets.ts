import type { EmbeddedName } from '@webcir/data';
import { isEmbedded } from '@webcir/data/node';
import type { TrainOptions } from './options.ts';

/**
 * What a recipe says: CLIP4Cir's, or the one that did better on both embedded sets (docs/results.md has by how much). On
 * published data sets they have not been compared.
 */
const recipes = { clip4cir: { dropout: 0.5 }, webcir: { dropout: 0 } } satisfies Record<string, Partial<TrainOptions>>;

export type RecipeName = keyof typeof recipes;
export const RECIPES = Object.keys(recipes) as RecipeName[];

/** The values of an option in all recipes, for a help text. */
export const recipeHelp = (key: keyof (typeof recipes)[RecipeName]): string =>
  `(default: ${RECIPES.map((name) => `${recipes[name][key]} by the recipe ${name}`).join(', ')})`;

/** Defaults of the options that depend on the data set. */
type Preset = { readonly recipe: RecipeName } & Pick<
  TrainOptions,
  | 'encoder'
  | 'numEpochs'
  | 'learningRate'
  | 'batchSize'
  | 'combinerEpochs'
  | 'combinerLr'
  | 'combinerBatchSize'
  | 'schedule'
  | 'validationFrequency'
>;

/** A small model on small images, within ten minutes on two CPU cores; more epochs reach further. */
const fashion: Preset = {
  recipe: 'webcir',
  encoder: 'text',
  numEpochs: 2,
  learningRate: 1e-3,
  batchSize: 128,
  combinerEpochs: 8,
  combinerLr: 1e-3,
  combinerBatchSize: 256,
  schedule: 'cosine',
  validationFrequency: 2,
};

/** As many steps on fewer triplets. */
const emoji: Preset = { ...fashion, numEpochs: 5, combinerEpochs: 20, validationFrequency: 5 };

const embedded: Readonly<Record<EmbeddedName, Preset>> = { 'fmnist-cir': fashion, 'emoji-cir': emoji };

/** CLIP4Cir's README: OpenAI's weights, fine-tuned with care. */
const clip4cir: Preset = {
  recipe: 'clip4cir',
  encoder: 'both',
  numEpochs: 100,
  learningRate: 2e-6,
  batchSize: 128,
  combinerEpochs: 300,
  combinerLr: 2e-5,
  combinerBatchSize: 4096,
  schedule: 'constant',
  validationFrequency: 1,
};

/** The recipe that a data set is trained by unless another is asked for. */
export const recipeFor = (dataset: TrainOptions['dataset']): RecipeName => presetOf(dataset).recipe;

const presetOf = (dataset: TrainOptions['dataset']): Preset => (isEmbedded(dataset) ? embedded[dataset] : clip4cir);

/**
 * The defaults for a data set; batches are no larger than its training examples.
 * @param recipe that of the data set unless given
 */
export function presetFor(
  dataset: TrainOptions['dataset'],
  examples: number,
  recipe: RecipeName = recipeFor(dataset),
): Omit<Preset, 'recipe'> & Pick<TrainOptions, 'dropout'> {
  const { recipe: _, ...preset } = presetOf(dataset);
  // A power of two, which micro-batches divide.
  const largest = 2 ** Math.max(1, Math.floor(Math.log2(examples)));
  return {
    ...preset,
    ...recipes[recipe],
    batchSize: Math.min(preset.batchSize, largest),
    combinerBatchSize: Math.min(preset.combinerBatchSize, largest),
  };
}

/** The values of an option in all presets, for a help text. */
export function presetHelp(key: keyof Preset): string {
  const published = clip4cir[key];
  const own = Object.entries(embedded).filter(([, preset]) => preset[key] !== published);
  const values = new Set(own.map(([, preset]) => preset[key]));
  if (values.size === 0) return `(default: ${published})`;
  const isShared = values.size === 1 && own.length === Object.keys(embedded).length;
  const parts = isShared
    ? [`${[...values][0]} on an embedded set`]
    : own.map(([name, preset]) => `${preset[key]} on ${name}`);
  return `(default: ${parts.join(', ')}, else ${published})`;
}
