import { imageFingerprint } from '@webcir/clip';
import { expectFolder, expectWritable, writeFileAtomic } from '@webcir/clip/node';
import type { FlatStorage, FlatStore, StoreModel } from '@webcir/retrieval';
import { openFlatStore } from '@webcir/retrieval/node';
import { type Command, Option } from 'commander';
import { formatSeconds, ProgressLine } from '../../progress.ts';
import { type AutotuneOption, autotuneFor, noAutotuneOption } from '../autotune.ts';
import { addClipOptions } from '../clip-source.ts';
import { counted, imagesOfFolder, reportUnreadable } from '../images.ts';
import { targetRatioOption, transformOption, wholeNumber } from '../options.ts';
import { type EncoderOptions, type EncoderSession, openEncoder } from '../session.ts';
import { ImageIndexer, type Unreadable } from './image-indexer.ts';
import { indexWithOthers } from './index-queue.ts';
import { handleMissing } from './missing.ts';
import { compareWithStore, type ImageFile } from './new-images.ts';
import { claimPart, isInPart, type Part, parsePart } from './parts.ts';

interface IndexOptions extends EncoderOptions, AutotuneOption {
  readonly into: string;
  readonly shard?: Part;
  readonly queue?: boolean;
  readonly chunk: number;
  readonly lease: number;
  readonly storage: FlatStorage;
  readonly removeMissing?: boolean;
  readonly report?: string;
  readonly skipMissing?: boolean;
}

export function registerIndex(program: Command): void {
  const command = program
    .command('index')
    .description(
      'Encodes the images of a folder into a store, to be searched. An image whose size and time of change are those ' +
        'that are stored is not encoded again, so that a run that was stopped goes on where it was. An id is the path ' +
        'below the folder: of several folders make one, with links, or their images take the places of one another.',
    )
    .argument('<pictures>', 'a folder of images, with the folders below')
    .requiredOption('--into <store>', 'folder of the store, made where there is none; with --queue postgres://…')
    .option(
      '--shard <i/N>',
      'only the i-th of N parts, 1/N to N/N, into a folder of its own below the store: for N workers at once; ' +
        'webcir store join takes them in',
      parsePart,
    )
    .option(
      '--queue',
      'hands the images out, by pg-boss in the PostgreSQL database of the store: start the same command on as many ' +
        'machines as you like, and again where one was stopped',
    )
    .option('--chunk <images>', 'with --queue: images that a worker takes at once', wholeNumber(1), 1024)
    .option(
      '--lease <seconds>',
      'with --queue: what a worker has taken that gave no sign of life for so long is handed out again',
      wholeNumber(1),
      60,
    )
    .addOption(
      new Option('--storage <dtype>', 'how features are kept in a store that is made')
        .choices(['F32', 'F16'])
        .default('F16'),
    )
    .option(
      '--remove-missing',
      'takes images out of the store whose files are not in the folder (with --shard, out of the part; webcir store ' +
        'join has the option, too); unless given, they are counted, and stay',
    )
    .option('--report <file>', 'writes what cannot be read, a line of JSON each: id, path and error');
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
  const { shard, into, report } = options;
  expectPlace(options);
  if (report !== undefined) await expectWritable(report);
  if (options.queue) return queueCommand(pictures, options);
  await expectFolder(into);
  const files = await imagesOfFolder(pictures);
  const own = [...files].filter(([id]) => shard === undefined || isInPart(id, shard));
  const place = shard && (await claimPart(into, shard));
  try {
    const session = await openEncoder(options);
    const unreadable: Unreadable[] = [];
    const reportAutotune = await autotuneFor(session.device, options);
    const store = await openFlatStore(place?.work ?? into, {
      device: session.device,
      model: await modelOf(session),
      storage: options.storage,
    });
    const name = place?.done ?? into;
    try {
      reportDropped(store, name);
      const { wanted, known } = await compareWithStore(store, own);
      await handleMissing(store, {
        count: (await store.count()) - known,
        isThere: (id) => files.has(id),
        remove: options.removeMissing,
        names: { store: name, source: pictures },
      });
      const stored = await encodeFiles(session, store, wanted, (file) => unreadable.push(file));
      if (shard !== undefined) await store.compact();
      console.log(`${stored} images encoded, ${await store.count()} in ${name}, ${store.model.dim} values each`);
    } finally {
      await store.close();
      session.device.close();
    }
    reportAutotune();
    if (report !== undefined) await writeReport(report, unreadable);
    reportUnreadable(
      unreadable.map(({ error }) => error),
      place?.work ?? into,
      options.skipMissing,
    );
    await place?.finish();
  } finally {
    place?.release();
  }
}

/** @throws Error where the options name no place that so many may write to */
function expectPlace({ into, shard, queue }: IndexOptions): void {
  const isDatabase = /^postgres(ql)?:/.test(into);
  if (queue && shard !== undefined) throw new Error('--queue and --shard are two ways to share the work: take one');
  if (queue && !isDatabase)
    throw new Error(
      `${into}: a store in a folder has one writer at a time, and no queue: give --into postgres://…, or share the work ` +
        'by --shard',
    );
  if (isDatabase && !queue) throw new Error('a store in PostgreSQL is filled with --queue, by one process or by many');
}

async function queueCommand(pictures: string, options: IndexOptions): Promise<void> {
  const { report, skipMissing } = options;
  const session = await openEncoder(options);
  try {
    const reportAutotune = await autotuneFor(session.device, options);
    const unreadable = await indexWithOthers(session, pictures, options, await modelOf(session));
    reportAutotune();
    if (report !== undefined) await writeReport(report, unreadable);
    const messages = unreadable.map(({ path, error }) => (error.includes(path) ? error : `${path}: ${error}`));
    reportUnreadable(messages, 'the store', skipMissing);
  } finally {
    session.device.close();
  }
}

/** What a store's features are of that a session makes. */
export const modelOf = async ({ model }: EncoderSession): Promise<StoreModel> => ({
  dim: model.config.embedDim,
  fingerprint: await imageFingerprint(model, model.preprocessing),
});

async function encodeFiles(
  session: EncoderSession,
  store: FlatStore,
  files: readonly ImageFile[],
  onUnreadable: (file: Unreadable) => void,
): Promise<number> {
  const total = files.length;
  if (total === 0) return 0;
  const indexer = await ImageIndexer.create(session, total);
  const line = new ProgressLine('images');
  const started = performance.now();
  let failed = 0;
  try {
    const count = await indexer.index(
      store,
      files,
      (file) => {
        failed++;
        onUnreadable(file);
      },
      (encoded, stored) => {
        const done = encoded + failed;
        const rate = done / ((performance.now() - started) / 1000);
        const left = formatSeconds((total - done) / rate);
        const unread = failed > 0 ? `${failed} unreadable  ` : '';
        line.update(done / total, `${done}/${total}  ${stored} stored  ${unread}${rate.toFixed(0)}/s  ${left} left`);
      },
    );
    line.finish(counted(count));
    return count;
  } finally {
    await indexer.close();
  }
}

/** Writes a line of JSON for each file, and an empty file where there is none: a report of earlier is replaced. */
export const writeReport = (path: string, unreadable: readonly Unreadable[]): Promise<void> =>
  writeFileAtomic(path, linesOfReport(unreadable));

function* linesOfReport(unreadable: readonly Unreadable[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const { id, path, error } of unreadable) yield encoder.encode(`${JSON.stringify({ id, path, error })}\n`);
}

/** Says what a run that was killed had not written to its end. */
export function reportDropped({ droppedBytes }: FlatStore, folder: string): void {
  if (droppedBytes === 0) return;
  console.warn(`${folder}: a run that was stopped left ${droppedBytes} bytes of a write that it had not finished`);
}
