import { createHash } from 'node:crypto';
import { type ClipModel, modelFingerprint } from '@webcir/clip';
import type { CombinerModel } from '@webcir/combiner';
import type { CirDataset } from '@webcir/data';

/** Checksums of all that decides what a run comes to, by what they are of: 'the captions of train', 'the CLIP'. */
export type MadeFrom = Readonly<Record<string, string>>;

/** What a run starts from. */
export interface Origin {
  readonly dataset: CirDataset;
  /** The ids of all images that it looks at. */
  readonly images: readonly string[];
  readonly model: ClipModel;
  readonly combiner?: CombinerModel | undefined;
}

/** The checksums of a data set, with its images' versions, and of the CLIP and the Combiner that a run starts from. */
export async function madeFrom({ dataset, images, model, combiner }: Origin): Promise<MadeFrom> {
  const { train, validation, test } = dataset.uses;
  const splits = new Set([train, validation, test].filter((split) => split !== undefined));
  const ofSplits = [...splits].flatMap((split): [what: string, value: unknown][] => {
    const triplets = dataset.triplets(split);
    return [
      [`the captions of ${split}`, triplets.map(({ captions }) => captions)],
      [`the triplets of ${split}`, triplets.map(({ captions: _, ...triplet }) => triplet)],
      // Training ranks nothing.
      ...(split === train ? [] : [[`the gallery of ${split}`, dataset.gallery(split)] as [string, unknown]]),
    ];
  });
  const versions = await Promise.all(images.map((id) => dataset.version(id)));
  return {
    ...Object.fromEntries(ofSplits.map(([what, value]) => [what, hashOf(value)])),
    'the images (sizes and times of their files)': hashOf([images, versions]),
    'the CLIP': await modelFingerprint(model),
    ...(combiner && { 'the Combiner': await combinerHash(combiner) }),
  };
}

/**
 * Checks that a run finds what it was started with.
 * @param before undefined in runs of older versions, which are not checked
 * @throws Error naming what has changed
 */
export function expectUnchanged(run: string, before: MadeFrom | undefined, now: MadeFrom): void {
  const changed = Object.keys(now).filter((what) => before !== undefined && before[what] !== now[what]);
  if (changed.length === 0) return;
  throw new Error(
    `the run ${run} cannot go on, as its results would be of two kinds: since it was started, these have changed: ` +
      `${changed.join(', ')}; put back what they were, or start a new run`,
  );
}

async function combinerHash({ config, tensors }: CombinerModel): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(config));
  for (const tensor of tensors.values()) hash.update(await tensor.read());
  return hash.digest('hex');
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
