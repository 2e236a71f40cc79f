import type { CirDataset } from './types.ts';

/** Names a triplet in messages: its file and entry or line, where the data set knows them, else its id. */
export const placeOf = (dataset: CirDataset, split: string, id: string): string =>
  dataset.place?.(split, id) ?? `triplet ${id}`;
