import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Preprocessing, TRANSFORMS } from '@webcir/clip';

/** What a search takes from the folder of a training run. */
export interface Run {
  /** Path of the tuned CLIP. */
  readonly clip: string;
  /** Path of the Combiner; a run of stage 1 alone has none, and queries are then the sum. */
  readonly combiner?: string;
  readonly preprocessing: Preprocessing;
}

/**
 * Reads what `webcir train` left in a folder.
 * @throws Error naming the file that is missing, or that does not say how images were preprocessed
 */
export async function readRun(folder: string): Promise<Run> {
  const [config, clip, combiner] = ['config.json', 'clip.safetensors', 'combiner.safetensors'].map((name) =>
    join(folder, name),
  );
  if (!existsSync(config)) throw new Error(`${config} is missing: ${folder} is not the folder of a run`);
  const { stages, ...preprocessing } = await readConfig(config);
  const missing = [clip, ...(stages === '1' ? [] : [combiner])].find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new Error(
      `${missing} is missing: this run is not finished, go on with webcir train --resume ${folder}; ` +
        'or name its models one by one',
    );
  }
  return { clip, ...(existsSync(combiner) && { combiner }), preprocessing };
}

async function readConfig(path: string): Promise<Preprocessing & { readonly stages?: string }> {
  let config: { stages?: string; transform?: Preprocessing['transform']; targetRatio?: number } | null;
  try {
    config = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path}: is not JSON: ${(cause as Error).message}`, { cause });
  }
  const { stages, transform, targetRatio } = config ?? {};
  if (transform === undefined || !TRANSFORMS.includes(transform) || !(Number(targetRatio) >= 1)) {
    throw new Error(
      `${path}: expected a transform of ${TRANSFORMS.join(', ')} and a targetRatio of 1 or more, ` +
        `found ${JSON.stringify({ transform, targetRatio })}`,
    );
  }
  return { ...(stages !== undefined && { stages }), transform, targetRatio };
}
