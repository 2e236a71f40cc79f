import {
  CLIP4CIR_PREPROCESSING,
  type ClipModel,
  foldBatchNorm,
  type Preprocessing,
  type PreprocessOptions,
  preprocessOptions,
  type TextTokenizer,
  textTokenizer,
  uploadClip,
  type Weights,
} from '@webcir/clip';
import { openClipModel, openTokenizer } from '@webcir/clip/node';
import type { CirDataset, SplitUses } from '@webcir/data';
import { type DatasetName, openDataset, skipUnreadable } from '@webcir/data/node';
import type { Device } from '@webcir/kernels';
import { expectFinite, type FeatureTable, ImageEncoder, tableOf } from '@webcir/retrieval';
import { cachedFeatures, defaultCacheFolder, type Images, madeAhead, openPlanes } from '@webcir/retrieval/node';
import { formatSeconds, ProgressLine } from '../progress.ts';
import { type ClipSource, clipPath } from './clip-source.ts';
import { severalFilesNotes } from './notes.ts';
import { openCommandDevice } from './open-device.ts';

/** Images that go through an encoder at once. */
export const imageBatch = 128;

/** A CLIP that is ready to encode: the model, a device for it, and what prepares its inputs. */
export interface EncoderSession {
  readonly device: Device;
  /** With the preprocessing that was chosen, which is saved with it. */
  readonly model: ClipModel & { readonly preprocessing: Preprocessing };
  readonly preprocessing: PreprocessOptions;
  readonly tokens: TextTokenizer;
  /** Refuses a text that is too long, unless `--truncate` is given. */
  tokenRows(text: string): readonly number[];
}

/** What all parts of a training run share. */
export interface Session extends EncoderSession {
  readonly dataset: CirDataset;
  /** Splits of the data set by use: test is never looked at before the end. */
  readonly splits: SplitUses;
}

/** The model and its preprocessing, as the options of the commands name them. */
export interface EncoderOptions extends ClipSource, Partial<Preprocessing> {
  /** Cuts texts that are too long, instead of refusing them. */
  readonly truncate?: boolean;
}

export interface SessionOptions extends EncoderOptions {
  readonly dataset: DatasetName;
  /** Folder of a data set that is not embedded. */
  readonly data?: string;
  /** Leaves out unreadable images and what refers to them. */
  readonly skipMissing?: boolean;
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const dataset = await openData(options);
  return { ...(await openEncoder(options)), dataset, splits: dataset.uses };
}

export async function openEncoder(options: EncoderOptions): Promise<EncoderSession> {
  const path = await clipPath(options);
  const opened = await openClipModel(path, options.activation);
  const model = { ...opened, preprocessing: chosenPreprocessing(options, opened) };
  const tokens = textTokenizer(model, await openTokenizer(path, model));
  return {
    device: await openCommandDevice(),
    model,
    preprocessing: preprocessOptions(model.config, model.preprocessing),
    tokens,
    tokenRows: (text) => tokens(text, { truncate: options.truncate }).rows,
  };
}

/** The preprocessing that the options name; else the one that belongs to the model; else CLIP4Cir's. */
export function chosenPreprocessing({ transform, targetRatio }: EncoderOptions, model: ClipModel): Preprocessing {
  const own = transform === undefined ? (model.preprocessing ?? CLIP4CIR_PREPROCESSING) : { transform };
  return { ...own, targetRatio: targetRatio ?? own.targetRatio ?? CLIP4CIR_PREPROCESSING.targetRatio };
}

/** Opens the data set; with `--skip-missing`, every image is opened once to see which are to be left out. */
async function openData({ dataset: name, data, skipMissing }: SessionOptions): Promise<CirDataset> {
  const dataset = await openDataset(name, data);
  for (const note of severalFilesNotes(dataset)) console.warn(note);
  if (!skipMissing) return dataset;
  const line = new ProgressLine('opening images');
  const rest = await skipUnreadable(dataset, (done, total) => line.update(done / total, `${done}/${total}`));
  line.finish(rest.incomplete ? `${rest.incomplete.images} images are left out` : 'all of them are readable');
  return rest;
}

/**
 * Encodes images with the weights as they are now, with a progress line.
 * @param onUnreadable called for an image that cannot be read, which is left out; unless given, its error is thrown
 */
export async function encodeImages(
  session: EncoderSession & { readonly dataset: Images },
  weights: Weights,
  ids: readonly string[],
  label: string,
  onUnreadable?: (error: Error) => void,
): Promise<FeatureTable> {
  const { device, model, dataset, preprocessing } = session;
  const line = new ProgressLine(label);
  const started = performance.now();
  const encoder = await ImageEncoder.create(device, model.config, weights, Math.min(imageBatch, ids.length));
  const source = openPlanes(dataset, preprocessing);
  try {
    // The next batch is made while one is encoded.
    const images = madeAhead(
      ids,
      imageBatch,
      async (id) => [id, await source.planes(id)] as const,
      onUnreadable && ((_, error) => onUnreadable(error)),
    );
    const total = ids.length;
    const encoded = await encoder.encode(images, (done) => {
      const rate = done / ((performance.now() - started) / 1000);
      line.update(
        done / total,
        `${done}/${total} images  ${rate.toFixed(0)}/s  ${formatSeconds((total - done) / rate)} left`,
      );
    });
    encoder.dispose();
    expectFinite('images', encoded.features, model.config.embedDim, encoded.ids);
    line.finish(`${encoded.ids.length} images`);
    return tableOf(encoded.ids, model.config.embedDim, encoded.features);
  } finally {
    await source.close();
  }
}

/** Encodes images with a frozen image encoder: what an earlier run has encoded is not encoded again. */
export async function frozenImageFeatures(
  session: Session,
  ids: readonly string[],
  fold: boolean,
): Promise<FeatureTable> {
  const { device, model, dataset } = session;
  const versions = await Promise.all(ids.map((id) => dataset.version(id)));
  const key = { model, ids, versions, dataset: dataset.name, preprocessing: model.preprocessing };
  return cachedFeatures(defaultCacheFolder(), key, async () => {
    const encoder = fold ? foldBatchNorm(model) : model;
    const clip = await uploadClip(device, encoder);
    const { values } = await encodeImages({ ...session, model: encoder }, clip.weights, ids, 'images');
    clip.dispose();
    return values;
  });
}
