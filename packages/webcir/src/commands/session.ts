import { fileURLToPath } from 'node:url';
import { type ClipModel, foldBatchNorm, textTokenizer, uploadClip, type Weights } from '@webcir/clip';
import { loadTokenizer, openClipModel } from '@webcir/clip/node';
import type { CirDataset } from '@webcir/data';
import { openCirr, openEmbeddedFromPackage, openFashionIq } from '@webcir/data/node';
import { type Device, openDevice } from '@webcir/kernels';
import { type FeatureTable, PictureEncoder, tableOf } from '@webcir/train';
import { cachedFeatures, defaultCacheFolder } from '@webcir/train/node';
import { embeddedClip } from '../models.ts';
import { type Preprocessing, planesOf } from '../pictures.ts';
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

export type SessionOptions = Pick<
  TrainOptions,
  'data' | 'clipModelPath' | 'activation' | 'transform' | 'targetRatio'
> & {
  readonly dataset: string;
};

export async function openSession(options: SessionOptions, assets: URL): Promise<Session> {
  const dataset = await openDataset(options);
  const model = await openClipModel(
    options.clipModelPath ?? fileURLToPath(new URL(embeddedClip, assets)),
    options.activation,
  );
  const tokens = textTokenizer(model, await loadTokenizer());
  const { transform, targetRatio } = options;
  return {
    device: await openDevice(),
    dataset,
    // The test answers of the others are secret: their literature, and CLIP4Cir, quote the validation split.
    splits: { train: 'train', validation: 'val', test: dataset.name === 'fmnist-cir' ? 'test' : 'val' },
    model,
    preprocessing: { transform, targetRatio, size: model.config.imageResolution },
    tokenRows: (text) => tokens(text).rows,
  };
}

const openers: Readonly<Record<string, (folder: string) => Promise<CirDataset>>> = {
  fashioniq: openFashionIq,
  cirr: openCirr,
};

async function openDataset({ dataset, data }: SessionOptions): Promise<CirDataset> {
  if (dataset === 'fmnist-cir') {
    if (data !== undefined)
      throw new Error(
        '--data is for data sets on disk; the embedded set fmnist-cir needs none: add --dataset fashioniq',
      );
    return openEmbeddedFromPackage();
  }
  const open = openers[dataset];
  if (!open) {
    throw new Error(`--dataset ${dataset}: expected one of fmnist-cir, ${Object.keys(openers).join(', ')}`);
  }
  if (data === undefined) throw new Error(`--dataset ${dataset} needs --data with the folder of the data set`);
  return open(data);
}

/** The ids of all pictures that a run looks at, each once. */
export function pictureIds({ dataset, splits }: Session): string[] {
  const trained = dataset.triplets(splits.train).flatMap(({ reference, target }) => [reference, target ?? reference]);
  return [
    ...new Set([...trained, ...[splits.validation, splits.test].flatMap((split) => splitPictures(dataset, split))]),
  ];
}

/** The ids of the pictures that an evaluation of one split looks at, each once. */
export function splitPictures(dataset: CirDataset, split: string): string[] {
  const references = dataset.triplets(split).map(({ reference }) => reference);
  return [...new Set([...dataset.gallery(split), ...references])];
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
  const values = await encoder.encode(
    ids.length,
    (index) => planesOf(dataset, ids[index], preprocessing),
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
}

/** As `encodePictures`, for a frozen image encoder: what an earlier run has encoded is not encoded again. */
export async function frozenPictureFeatures(
  session: Session,
  ids: readonly string[],
  fold: boolean,
): Promise<FeatureTable> {
  const { device, model, dataset, preprocessing } = session;
  const { transform, size, targetRatio } = preprocessing;
  const versions = await Promise.all(ids.map((id) => dataset.version(id)));
  const key = { model, ids, versions, dataset: dataset.name, preprocessing: `${transform} ${size} ${targetRatio}` };
  return cachedFeatures(defaultCacheFolder(), key, async () => {
    const encoder = fold ? foldBatchNorm(model) : model;
    const clip = await uploadClip(device, encoder);
    const { values } = await encodePictures({ ...session, model: encoder }, clip.weights, ids, 'pictures');
    clip.dispose();
    return values;
  });
}
