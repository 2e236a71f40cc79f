import { type ClipModel, named, type Preprocessing, uploadClip } from '@webcir/clip';
import { openClipModel } from '@webcir/clip/node';
import { combinerParts, uploadCombiner } from '@webcir/combiner';
import type { DatasetName } from '@webcir/data/node';
import type { Stage, StudyModel } from '@webcir/eval';
import { expectCombinerOf } from '@webcir/retrieval';
import { openCombinerModel, readRun, readRunConfig } from '@webcir/retrieval/node';
import type { AutotuneOption } from '../autotune.ts';
import { type ClipSource, clipPath } from '../clip-source.ts';
import { frozenImageFeatures, type Session } from '../session.ts';

/** Which models are studied on which data. */
export interface StudySources extends ClipSource, AutotuneOption, Partial<Preprocessing> {
  readonly dataset?: DatasetName;
  readonly data?: string;
  readonly skipMissing?: boolean;
  readonly truncate?: boolean;
  readonly run?: string;
  readonly combinerPath?: string;
  /** The CLIP before it was tuned. */
  readonly baseClipModelPath?: string;
  readonly models?: readonly Stage[];
}

/** The sources with all that a run knows. */
export interface CompleteSources extends StudySources {
  readonly dataset: DatasetName;
  readonly base: ClipSource;
  readonly models: readonly Stage[];
}

/** Completes what was given by the configuration of a run. @throws naming the option or the file that is missing */
export async function completeSources(given: StudySources): Promise<CompleteSources> {
  const { run: folder, baseClipModelPath } = given;
  if (folder === undefined) {
    const { dataset } = given;
    if (dataset === undefined) throw new Error('which data set? Add --dataset, or --run with the folder of a run');
    const base = { dataset, clipModelPath: baseClipModelPath };
    return expectModels({ ...given, dataset, base });
  }
  const run = await readRun(folder);
  const config = (await readRunConfig(folder)) as Omit<StudySources, 'autotune'> & { readonly dataset: DatasetName };
  const { dataset, data, skipMissing, truncate, clipModelName, clipModelPath, activation } = config;
  const isOwn = given.dataset === undefined || given.dataset === dataset;
  return expectModels({
    ...run.preprocessing,
    dataset,
    activation,
    ...(isOwn && { data, skipMissing, truncate }),
    ...(given.clipModelName === undefined && { clipModelPath: run.clip }),
    ...(run.combiner !== undefined && { combinerPath: run.combiner }),
    ...given,
    base: {
      dataset,
      ...(baseClipModelPath === undefined ? { clipModelName, clipModelPath } : { clipModelPath: baseClipModelPath }),
    },
  });
}

type Uncounted = Omit<CompleteSources, 'models'> & Pick<StudySources, 'models'>;

function expectModels(sources: Uncounted): CompleteSources {
  const has: Record<Stage, boolean> = {
    base: true,
    stage1: (sources.clipModelPath ?? sources.clipModelName) !== undefined,
    stage2: sources.combinerPath !== undefined,
  };
  const stages = Object.keys(has) as Stage[];
  const models = stages.filter((stage) => sources.models?.includes(stage) ?? has[stage]);
  const lacking = models.find((stage) => !has[stage]);
  if (lacking === 'stage1') throw new Error('--models stage1 needs --clip-model-path with the tuned CLIP, or --run');
  if (lacking === 'stage2') throw new Error('--models stage2 needs --combiner-path with the Combiner, or --run');
  return { ...sources, models };
}

/**
 * Opens the models on the device of a session, which was opened with the tuned CLIP.
 * @param images ids of all that are encoded
 * @throws naming a file that does not fit the others
 */
export async function openStudyModels(
  session: Session,
  sources: CompleteSources,
  images: readonly string[],
): Promise<StudyModel[]> {
  const { base, models, combinerPath } = sources;
  const opened: StudyModel[] = [];
  if (models.includes('base')) {
    const path = await clipPath(base);
    const model = await openClipModel(path, sources.activation);
    expectSameSizes(path, model, session.model);
    const own = { ...session, model: { ...model, preprocessing: session.model.preprocessing } };
    opened.push({ stage: 'base', ...(await clipOn(own, images)), sameClip: false });
  }
  if (!models.includes('stage1') && !models.includes('stage2')) return opened;
  const tuned = await clipOn(session, images);
  if (models.includes('stage1')) opened.push({ stage: 'stage1', ...tuned, sameClip: false });
  if (models.includes('stage2')) {
    const combiner = await openCombinerModel(combinerPath!);
    await named(combinerPath!, () => expectCombinerOf(session.model, combiner));
    const store = await uploadCombiner(session.device, combiner);
    opened.push({
      stage: 'stage2',
      ...tuned,
      sameClip: models.includes('stage1'),
      parts: (image, text) => combinerParts(image, text, (name) => store.tensor(name)),
    });
  }
  return opened;
}

async function clipOn(session: Session, images: readonly string[]): Promise<Pick<StudyModel, 'weights' | 'features'>> {
  const features = await frozenImageFeatures(session, images, true);
  const { weights } = await uploadClip(session.device, session.model);
  return { weights, features };
}

function expectSameSizes(path: string, { config: found }: ClipModel, { config: expected }: ClipModel): void {
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  throw new Error(
    `${path}: expected the CLIP that was tuned, with features of ${expected.embedDim} values, found one of other ` +
      `sizes, with ${found.embedDim}: name the right one with --base-clip-model-path`,
  );
}
