import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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
 * Puts the tokenizer of a SigLIP into the folder of weights that were made of its own; a CLIP needs none.
 * @param weights path of the weights that it lies beside; without it there, nothing is copied
 * @throws Error when it cannot be read or written
 */
export async function copyTokenizer(weights: string, folder: string, { config }: ClipModel): Promise<void> {
  const [from, to] = [tokenizerPath(weights), resolve(folder, NAME)];
  if (config.family === 'clip' || !existsSync(from) || resolve(from) === to) return;
  await writeFileAtomic(to, await readFile(from));
}
