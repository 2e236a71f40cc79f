import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { foldBatchNorm, imageFingerprint, uploadClip } from '@webcir/clip';
import { createImagePool, expectFolder } from '@webcir/clip/node';
import { encodeInto, type FlatStorage, type FlatStore, ImageEncoder, type ImageToStore } from '@webcir/retrieval';
import { madeAhead, openFlatStore } from '@webcir/retrieval/node';
import { type Command, Option } from 'commander';
import { formatSeconds, ProgressLine } from '../../progress.ts';
import { type AutotuneOption, autotuneFor, noAutotuneOption } from '../autotune.ts';
import { addClipOptions } from '../clip-source.ts';
import { imagesOfFolder, reportUnreadable } from '../images.ts';
import { targetRatioOption, transformOption } from '../options.ts';
import { type EncoderOptions, type EncoderSession, imageBatch, openEncoder } from '../session.ts';
import { DEFAULT_STORE } from './default-store.ts';
import { isInPart, type Part, parsePart, partFolder } from './parts.ts';

interface IndexOptions extends EncoderOptions, AutotuneOption {
  readonly into: string;
  readonly shard?: Part;
  readonly storage: FlatStorage;
  readonly skipMissing?: boolean;
}

export function registerIndex(program: Command): void {
  const command = program
    .command('index')
    .description(
      'Encodes the images of a folder into a store, to be searched. An image whose size and time of change are those ' +
        'that are stored is not encoded again, so that a run that was stopped goes on where it was.',
    )
    .argument('<pictures>', 'a folder of images, with the folders below; an id is the path below it')
    .option('--into <store>', 'folder of the store, made where there is none', DEFAULT_STORE)
    .option(
      '--shard <i/N>',
      'only the i-th of N parts, 1/N to N/N, into a folder of its own below the store: for N workers at once; ' +
        'webcir store join takes them in',
      parsePart,
    )
    .addOption(
      new Option('--storage <dtype>', 'how features are kept in a store that is made')
        .choices(['F32', 'F16'])
        .default('F16'),
    );
  addClipOptions(command)
    .addOption(transformOption())
    .addOption(targetRatioOption())
    .option(
      '--skip-missing',
      'images that cannot be read are named, and are no error; the others are stored either way',
    )
    .addOption(noAutotuneOption())
    .action((pictures, options) => indexCommand(pictures, options));
}

async function indexCommand(pictures: string, options: IndexOptions): Promise<void> {
  const { shard, into } = options;
  await expectFolder(into);
  const files = await imagesOfFolder(pictures);
  const own = [...files].filter(([id]) => shard === undefined || isInPart(id, shard));
  const session = await openEncoder(options);
  const reportAutotune = await autotuneFor(session.device, options);
  const place = shard === undefined ? { work: into, done: into } : partFolder(into, shard);
  await mkdir(dirname(place.work), { recursive: true });
  const model = {
    dim: session.model.config.embedDim,
    fingerprint: await imageFingerprint(session.model, session.model.preprocessing),
  };
  const unreadable: string[] = [];
  const store = await openFlatStore(place.work, { device: session.device, model, storage: options.storage });
  let stored: number;
  try {
    reportDropped(store, place.work);
    const wanted = await withoutStored(store, own, (error) => unreadable.push(error.message));
    if (wanted.length < own.length - unreadable.length)
      console.log(`${own.length - unreadable.length - wanted.length} images are stored already`);
    stored = await encodeFiles(session, store, wanted, (error) => unreadable.push(error.message));
    if (shard !== undefined) await store.compact();
    console.log(`${stored} images encoded, ${await store.count()} in ${place.done}, ${model.dim} values each`);
  } finally {
    await store.close();
    session.device.close();
  }
  reportAutotune();
  reportUnreadable(unreadable, place.work, options.skipMissing);
  // A part gets its name when it is whole: whoever joins parts sees no half of one.
  if (place.work !== place.done) await rename(place.work, place.done);
}

/** An image file, with what tells whether it was changed. */
interface ImageFile {
  readonly id: string;
  readonly path: string;
  readonly metadata: { readonly bytes: number; readonly modified: number };
}

/** The files that the store does not have as they are now. */
async function withoutStored(
  store: FlatStore,
  files: readonly (readonly [id: string, path: string])[],
  onUnreadable: (error: Error) => void,
): Promise<ImageFile[]> {
  const wanted: ImageFile[] = [];
  for (let start = 0; start < files.length; start += 1024) {
    const part = files.slice(start, start + 1024);
    const stored = await store.get(part.map(([id]) => id));
    for (const [i, [id, path]] of part.entries()) {
      try {
        const { size, mtimeMs } = await stat(path);
        const metadata = { bytes: size, modified: mtimeMs };
        const known = stored[i]?.metadata;
        if (known?.bytes !== size || known.modified !== mtimeMs) wanted.push({ id, path, metadata });
      } catch (error) {
        onUnreadable(error as Error);
      }
    }
  }
  return wanted;
}

async function encodeFiles(
  session: EncoderSession,
  store: FlatStore,
  files: readonly ImageFile[],
  onUnreadable: (error: Error) => void,
): Promise<number> {
  const total = files.length;
  if (total === 0) return 0;
  const model = foldBatchNorm(session.model);
  const clip = await uploadClip(session.device, model);
  const encoder = await ImageEncoder.create(session.device, model.config, clip.weights, Math.min(imageBatch, total));
  const pool = createImagePool(session.preprocessing);
  const line = new ProgressLine('images');
  const started = performance.now();
  try {
    const images = madeAhead(
      files,
      imageBatch,
      async ({ id, path, metadata }): Promise<ImageToStore> => ({ id, metadata, planes: await pool.planes(path) }),
      (_, error) => onUnreadable(error),
    );
    const count = await encodeInto(store, encoder, images, {
      onProgress(encoded, stored) {
        const rate = encoded / ((performance.now() - started) / 1000);
        const left = formatSeconds((total - encoded) / rate);
        line.update(encoded / total, `${encoded}/${total}  ${stored} stored  ${rate.toFixed(0)}/s  ${left} left`);
      },
    });
    line.finish(`${count} images`);
    return count;
  } finally {
    await pool.close();
    encoder.dispose();
    clip.dispose();
  }
}

/** Says what a run that was killed had not written to its end. */
export function reportDropped({ droppedBytes }: FlatStore, folder: string): void {
  if (droppedBytes === 0) return;
  console.warn(`${folder}: a run that was stopped left ${droppedBytes} bytes of a write that it had not finished`);
}
