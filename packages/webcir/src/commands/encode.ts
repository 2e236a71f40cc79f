import { statSync } from 'node:fs';
import { foldBatchNorm, fromFloat32, imageFingerprint, type StoredTensor, uploadClip } from '@webcir/clip';
import { decodeImage, expectWritable, linesOf, readTextFile, writeSafetensorsFile } from '@webcir/clip/node';
import { expectFinite, type FeatureTable, TextEncoderPrograms } from '@webcir/retrieval';
import type { Images } from '@webcir/retrieval/node';
import type { Command } from 'commander';
import { ProgressLine } from '../progress.ts';
import { type AutotuneOption, autotuneFor, noAutotuneOption } from './autotune.ts';
import { addClipOptions } from './clip-source.ts';
import { imagesOfFolder, reportUnreadable } from './images.ts';
import { targetRatioOption, transformOption, truncateOption } from './options.ts';
import { type EncoderOptions, type EncoderSession, encodeImages, openEncoder } from './session.ts';
import { warnOfUnknownWords } from './texts.ts';

interface EncodeOptions extends EncoderOptions, AutotuneOption {
  readonly out: string;
  readonly texts?: string;
  /** Takes it for no error that an image cannot be read. */
  readonly skipMissing?: boolean;
}

export function registerEncode(program: Command): void {
  const command = program
    .command('encode')
    .description("Encodes images and texts to CLIP's features, as CLIP gives them: not normalized.")
    .argument('[images...]', 'images, or folders of them, with the folders below')
    .requiredOption(
      '--out <file>',
      'safetensors with image_features and text_features, a row for each of image_names and texts in the metadata',
    )
    .option('--texts <file>', 'texts to encode, one per line');
  addClipOptions(command)
    .addOption(transformOption())
    .addOption(targetRatioOption())
    .addOption(truncateOption())
    .option(
      '--skip-missing',
      'images that cannot be read are named, and are no error; the others are written either way',
    )
    .addOption(noAutotuneOption())
    .action((paths, options) => encodeCommand(paths, options));
}

async function encodeCommand(paths: readonly string[], options: EncodeOptions): Promise<void> {
  await expectWritable(options.out);
  const files = [...new Set((await Promise.all(paths.map(imagesIn))).flat())];
  const texts = options.texts === undefined ? [] : linesOf(await readTextFile(options.texts));
  if (files.length + texts.length === 0) throw new Error('nothing to encode: name images, folders, or --texts FILE');
  const session = await openEncoder(options);
  const rows = texts.map((text, i) => rowsOf(session, text, `${options.texts}, line ${i + 1}`));
  warnOfUnknownWords(session, texts);
  const { embedDim } = session.model.config;
  const reportAutotune = await autotuneFor(session.device, options);
  const tensors = new Map<string, StoredTensor>();
  const metadata = new Map([['preprocessing', JSON.stringify(session.preprocessing)]]);
  const unreadable: string[] = [];
  if (files.length > 0) {
    const { rowOf, values } = await encodeFiles(session, files, ({ message }) => unreadable.push(message));
    if (rowOf.size === 0) throw new Error(`none of ${files.length} images can be read, the first: ${unreadable[0]}`);
    tensors.set('image_features', fromFloat32(values, [rowOf.size, embedDim]));
    metadata.set('image_names', JSON.stringify([...rowOf.keys()]));
    metadata.set('fingerprint', await imageFingerprint(session.model, session.model.preprocessing));
  }
  if (texts.length > 0) {
    tensors.set('text_features', fromFloat32(await encodeTexts(session, texts, rows), [texts.length, embedDim]));
    metadata.set('texts', JSON.stringify(texts));
  }
  reportAutotune();
  session.device.close();
  await writeSafetensorsFile(options.out, { tensors, metadata });
  const count = files.length - unreadable.length;
  console.log(`${count} images and ${texts.length} texts, ${embedDim} features each: ${options.out}`);
  reportUnreadable(unreadable, options.out, options.skipMissing);
}

/** @throws when there is no such file or folder, or no image in it */
async function imagesIn(path: string): Promise<string[]> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) return [path];
  return [...(await imagesOfFolder(path)).values()];
}

async function encodeFiles(
  session: EncoderSession,
  files: readonly string[],
  onUnreadable: (error: Error) => void,
): Promise<FeatureTable> {
  const dataset: Images = { image: (file) => decodeImage(file), file: (file) => file };
  const model = foldBatchNorm(session.model);
  const clip = await uploadClip(session.device, model);
  const table = await encodeImages({ ...session, model, dataset }, clip.weights, files, 'images', onUnreadable);
  clip.dispose();
  return table;
}

/** @throws RangeError with the place of a text that is too long */
function rowsOf({ tokenRows }: EncoderSession, text: string, place: string): readonly number[] {
  try {
    return tokenRows(text);
  } catch (cause) {
    throw new RangeError(`${place}: ${(cause as Error).message}`, { cause });
  }
}

async function encodeTexts(
  session: EncoderSession,
  texts: readonly string[],
  rows: readonly (readonly number[])[],
): Promise<Float32Array> {
  const { device, model } = session;
  const clip = await uploadClip(device, model);
  const encoder = new TextEncoderPrograms(device, model.config, clip.weights);
  const line = new ProgressLine('texts');
  const features = await encoder.encode(rows, (done, total) => line.update(done / total, `${done}/${total} texts`));
  expectFinite('texts', features, model.config.embedDim, texts);
  line.finish(`${texts.length} texts`);
  await encoder.dispose();
  clip.dispose();
  return features;
}
