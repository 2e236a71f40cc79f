import { fileURLToPath } from 'node:url';
import {
  type Activation,
  type ClipModel,
  foldBatchNorm,
  type Transform,
  textTokenizer,
  uploadClip,
  type Weights,
} from '@webcir/clip';
import { loadTokenizer, openClipModel } from '@webcir/clip/node';
import type { CirDataset, SplitUses, Triplet } from '@webcir/data';
import { type DatasetName, openDataset, skipUnreadable } from '@webcir/data/node';
import { type Device, openDevice } from '@webcir/kernels';
import { type FeatureTable, PictureEncoder, tableOf } from '@webcir/train';
import { cachedFeatures, defaultCacheFolder } from '@webcir/train/node';
import { embeddedClip } from '../models.ts';
import { madeAhead, openPlanes, type Preprocessing } from '../pictures.ts';
import { formatSeconds, ProgressLine } from '../progress.ts';

const pictureBatch = 128;

/** What all parts of a training run share: device, data set, starting model, tokenizer. */
export interface Session {
  readonly device: Device;
  readonly dataset: CirDataset;
  /** Splits of the data set by use: test is never looked at before the end. */
  readonly splits: SplitUses;
  readonly model: ClipModel;
  readonly preprocessing: Preprocessing;
  tokenRows(text: string): readonly number[];
}

/** What is opened: data, model and preprocessing, as the options of the commands name them. */
export interface SessionOptions {
  readonly dataset: DatasetName;
  /** Folder of a data set that is not embedded. */
  readonly data?: string;
  /** Leaves unreadable pictures out, and what refers to them. */
  readonly skipMissing?: boolean;
  /** Weight file of the CLIP; the embedded one unless given. */
  readonly clipModelPath?: string;
  /** Where the weight file does not say it. */
  readonly activation?: Activation;
  readonly transform: Transform;
  readonly targetRatio: number;
}

export async function openSession(options: SessionOptions, assets: URL): Promise<Session> {
  const dataset = await openData(options);
  const model = await openClipModel(
    options.clipModelPath ?? fileURLToPath(new URL(embeddedClip, assets)),
    options.activation,
  );
  const tokens = textTokenizer(model, await loadTokenizer());
  const { transform, targetRatio } = options;
  return {
    device: await openDevice(),
    dataset,
    splits: dataset.uses,
    model,
    preprocessing: { transform, targetRatio, size: model.config.imageResolution },
    tokenRows: (text) => tokens(text).rows,
  };
}

/** Opens the data set; with `--skip-missing`, every picture is opened once to see which are to be left out. */
async function openData({ dataset: name, data, skipMissing }: SessionOptions): Promise<CirDataset> {
  const dataset = await openDataset(name, data);
  if (!skipMissing) return dataset;
  const line = new ProgressLine('opening pictures');
  const rest = await skipUnreadable(dataset, (done, total) => line.update(done / total, `${done}/${total}`));
  line.finish(rest.incomplete ? `${rest.incomplete.pictures} pictures are left out` : 'all of them are readable');
  return rest;
}

/** @throws when there is nothing to train on */
export function trainingTriplets({ dataset, splits: { train } }: Session): readonly Triplet[] {
  if (train !== undefined) return dataset.triplets(train);
  throw new Error(`${dataset.name} has no training split here, only ${dataset.splits.join(', ')}`);
}

/** The ids of all pictures that a run looks at, each once. */
export function pictureIds(session: Session): string[] {
  const { dataset, splits } = session;
  const trained = trainingTriplets(session).flatMap(({ reference, target }) => [reference, target ?? reference]);
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
