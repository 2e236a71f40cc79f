import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Preprocessing, TRANSFORMS, type Transform } from '@webcir/clip';
import { readJson } from '@webcir/clip/node';

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
  const { stages, transform, targetRatio } = await readRunConfig(folder);
  const [config, clip, combiner] = ['config.json', 'clip.safetensors', 'combiner.safetensors'].map((name) =>
    join(folder, name),
  );
  if (!isTransform(transform) || !(Number(targetRatio) >= 1)) {
    throw new Error(
      `${config}: expected a transform of ${TRANSFORMS.join(', ')} and a targetRatio of 1 or more, ` +
        `found ${JSON.stringify({ transform, targetRatio })}`,
    );
  }
  const missing = [clip, ...(stages === '1' ? [] : [combiner])].find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new Error(
      `${missing} is missing: this run is not finished, go on with webcir train --resume ${folder}; ` +
        'or name its models one by one',
    );
  }
  return {
    clip,
    ...(existsSync(combiner) && { combiner }),
    preprocessing: { transform, targetRatio: Number(targetRatio) },
  };
}

/**
 * Reads the options that a run was started with.
 * @throws Error naming the file that is missing or damaged
 */
export async function readRunConfig(folder: string): Promise<Record<string, unknown>> {
  const path = join(folder, 'config.json');
  const config = await readJson<unknown>(path);
  if (config === undefined) throw new Error(`${path} is missing: ${folder} is not the folder of a run`);
  if (typeof config === 'object' && config !== null) return config as Record<string, unknown>;
  throw new Error(`${path}: expected the options of a run, found ${JSON.stringify(config)}`);
}

const isTransform = (name: unknown): name is Transform => TRANSFORMS.some((transform) => transform === name);
