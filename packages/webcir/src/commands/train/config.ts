import { resolve } from 'node:path';
import { DATASETS } from '@webcir/data/node';
import { type GivenOptions, type MovableOptions, movable, type StoredConfig } from './options.ts';
import { presetFor, type RecipeName, recipeFor } from './presets.ts';

/** @throws naming the file, where it is not the config of a training run */
export function expectConfig(file: string, config: Readonly<Record<string, unknown>>): StoredConfig {
  const { dataset } = config;
  if (DATASETS.some((name) => name === dataset)) return config as unknown as StoredConfig;
  throw new Error(
    `${file}: expected the name of a data set in "dataset" (${DATASETS.join(', ')}), found ${JSON.stringify(dataset)}`,
  );
}

/** The options with paths that hold in whatever folder the run is looked at or resumed. */
export function withFullPaths<T extends MovableOptions>(options: T): T {
  const paths = movable.flatMap((key) => (options[key] === undefined ? [] : [[key, resolve(options[key])]]));
  return { ...options, ...Object.fromEntries(paths) };
}

/** Says where a default is smaller than usual, as there are few examples. */
export function batchNotes({ stages, batchSize, combinerBatchSize }: StoredConfig, given: GivenOptions): string[] {
  const usual = presetFor(given.dataset, Number.POSITIVE_INFINITY);
  const shrunk = [
    ...(stages !== '2' && given.batchSize === undefined && batchSize < usual.batchSize
      ? [`--batch-size ${batchSize} (usually ${usual.batchSize})`]
      : []),
    ...(stages !== '1' && given.combinerBatchSize === undefined && combinerBatchSize < usual.combinerBatchSize
      ? [`--combiner-batch-size ${combinerBatchSize} (usually ${usual.combinerBatchSize})`]
      : []),
  ];
  return shrunk.length > 0 ? [`With so few triplets it takes ${shrunk.join(' and ')}.`] : [];
}

/** Says what the default recipe changes about the paper's. */
export function recipeNotes({ stages }: StoredConfig, given: GivenOptions, recipe: RecipeName | undefined): string[] {
  const isDefault = recipe === undefined && given.dropout === undefined && stages !== '1';
  return isDefault && recipeFor(given.dataset) === 'webcir'
    ? ["Recipe webcir: CLIP4Cir's without dropout in the Combiner (--recipe clip4cir takes the paper's)."]
    : [];
}
