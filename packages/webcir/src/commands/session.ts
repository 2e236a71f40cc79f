import { fileURLToPath } from 'node:url';
import { type ClipModel, foldBatchNorm, textTokenizer, uploadClip, type Weights } from '@webcir/clip';
import { loadTokenizer } from '@webcir/clip/node';
import type { CirDataset } from '@webcir/data';
import { openDataset } from '@webcir/data/node';
import { type Device, openDevice } from '@webcir/kernels';
import { type FeatureTable, PictureEncoder, tableOf } from '@webcir/train';
import { cachedFeatures, defaultCacheFolder } from '@webcir/train/node';
import { embeddedClip, loadClip } from '../assets.ts';
import { madeAhead, openPlanes, type Preprocessing } from '../pictures.ts';
import { formatSeconds, ProgressLine } from '../progress.ts';
import type { TrainOptions } from './train-options.ts';

const pictureBatch = 128;

/** What all parts of a training run share: device, data set, starting model, tokenizer. */
export interface Session {
  readonly device: Device;
  readonly dataset: CirDataset;
  /** Splits of the data set by use: test is never looked at before the end. */
  readonly splits: { readonly train: string; readonly validation: string; readonly test: string };
  readonly model: ClipModel;
  readonly preprocessing: Preprocessing;
  tokenRows(text: string): readonly number[];
}

export async function openSession(options: TrainOptions, assets: URL): Promise<Session> {
  const dataset = await openDataset(options.dataset, options.data);
  const { train, validation, test } = dataset.uses;
  if (train === undefined) throw new Error(`${options.dataset} in ${options.data} has no training split`);
  const model = await loadClip(options.clipModelPath ?? fileURLToPath(new URL(embeddedClip, assets)));
  const tokens = textTokenizer(model, await loadTokenizer());
  const { transform, targetRatio } = options;
  return {
    device: await openDevice(),
    dataset,
    splits: { train, validation, test },
    model,
    preprocessing: { transform, targetRatio, size: model.config.imageResolution },
    tokenRows: (text) => tokens(text).rows,
  };
}

/** The ids of all pictures that a run looks at, each once. */
export function pictureIds({ dataset, splits }: Session): string[] {
  const trained = dataset.triplets(splits.train).flatMap(({ reference, target }) => [reference, target ?? reference]);
  return [...new Set([...trained, ...dataset.gallery(splits.validation), ...dataset.gallery(splits.test)])];
}

/** Encodes pictures with the weights as they are now, with a progress line. */
export async function encodePictures(
  session: Session,
  weights: Weights,
  ids: readonly string[],
  label: string,
): Promise<FeatureTable> {
  const { device, model, dataset, preprocessing } = session;
  const line = new ProgressLine(label);
  const started = performance.now();
  const encoder = await PictureEncoder.create(device, model.config, weights, Math.min(pictureBatch, ids.length));
  const source = openPlanes(dataset, preprocessing);
  try {
    const values = await encoder.encode(
      ids.length,
      // The next batch is made while one is encoded.
      madeAhead(ids.length, pictureBatch, (index) => source.planes(ids[index])),
      (done, total) => {
        const rate = done / ((performance.now() - started) / 1000);
        line.update(
          done / total,
          `${done}/${total} pictures  ${rate.toFixed(0)}/s  ${formatSeconds((total - done) / rate)} left`,
        );
      },
    );
    encoder.dispose();
    line.finish(`${ids.length} pictures`);
    return tableOf(ids, model.config.embedDim, values);
  } finally {
    await source.close();
  }
}

/** As `encodePictures`, for a frozen image encoder: what an earlier run has encoded is not encoded again. */
export async function frozenPictureFeatures(session: Session, fold: boolean): Promise<FeatureTable> {
  const { device, model, dataset, preprocessing } = session;
  const { transform, size, targetRatio } = preprocessing;
  const ids = pictureIds(session);
  const versions = await Promise.all(ids.map((id) => dataset.version(id)));
  const key = { model, ids, versions, dataset: dataset.name, preprocessing: `${transform} ${size} ${targetRatio}` };
  return cachedFeatures(defaultCacheFolder(), key, async () => {
    const encoder = fold ? foldBatchNorm(model) : model;
    const clip = uploadClip(device, encoder);
    const { values } = await encodePictures({ ...session, model: encoder }, clip.weights, ids, 'pictures');
    clip.dispose();
    return values;
  });
}
