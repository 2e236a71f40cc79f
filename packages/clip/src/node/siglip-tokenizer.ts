import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClipModel } from '../model/model.ts';
import { createSiglipTokenizer } from '../tokenizer/siglip.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { readJson, writeFileAtomic } from './files.ts';
import { weightPath } from './weights/open-weights.ts';

const NAME = 'tokenizer.json';

/** The tokenizer beside a file or folder of weights. */
const tokenizerPath = (weights: string): string => join(dirname(weightPath(weights)), NAME);

/** @throws Error naming the file that is missing or damaged */
export async function openSiglipTokenizer(weights: string): Promise<Tokenizer> {
  const path = tokenizerPath(weights);
  const json = await readJson(path);
  if (json === undefined) {
    throw new Error(
      `${path}: there is no such file. A SigLIP reads texts with the tokenizer.json that came with its weights: ` +
        'put it beside them.',
    );
  }
  try {
    return await createSiglipTokenizer(json);
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Puts the tokenizer of a SigLIP into a folder where its tuned weights will lie; a CLIP needs none.
 * @param weights path of the weights that it belongs to
 * @throws Error when it cannot be read or written
 */
export async function copyTokenizer(weights: string, folder: string, { config }: ClipModel): Promise<void> {
  if (config.family === 'siglip') await writeFileAtomic(join(folder, NAME), await readFile(tokenizerPath(weights)));
}
