import { imageFingerprint } from '@webcir/clip';
import { expectFolder, expectWritable, writeFileAtomic } from '@webcir/clip/node';
import { type FlatStorage, FlatStore, type Store, type StoreModel } from '@webcir/retrieval';
import { type Command, Option } from 'commander';
import { formatSeconds, ProgressLine } from '../../progress.ts';
import { type AutotuneOption, autotuneFor, noAutotuneOption } from '../autotune.ts';
import { addClipOptions } from '../clip-source.ts';
import { counted, imagesOfFolder, reportUnreadable } from '../images.ts';
import { targetRatioOption, transformOption, wholeNumber } from '../options.ts';
import { type EncoderOptions, type EncoderSession, openEncoder } from '../session.ts';
import { DEFAULT_STORE } from './default-store.ts';
import { ImageIndexer, type Unreadable } from './image-indexer.ts';
import { indexWithOthers } from './index-queue.ts';
import { handleMissing } from './missing.ts';
import { compareWithStore, type ImageFile } from './new-images.ts';
import { expectStorage, openStore } from './open-store.ts';
import { claimPart, isInPart, type Part, parsePart } from './parts.ts';
import { isFolder, nameOfPlaces, parsePlaces, placeHelp, type StorePlace } from './place.ts';

interface IndexOptions extends EncoderOptions, AutotuneOption {
  readonly into: string;
  readonly shard?: Part;
  readonly queue?: boolean;
  readonly chunk: number;
  readonly lease: number;
  readonly storage?: FlatStorage;
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
    .option('--into <store>', `${placeHelp}; made where there is none`, DEFAULT_STORE)
    .option(
      '--shard <i/N>',
      'only the i-th of N parts, 1/N to N/N: for N workers at once; into a folder of its own below the store, ' +
        'which webcir store join takes in, or into the database that they have in common',
      parsePart,
    )
    .option(
      '--queue',
      'hands the images out, by pg-boss in the PostgreSQL database of the store (of its first shard): start the same ' +
        'command on as many machines as you like, and again where one was stopped',
    )
    .option('--chunk <images>', 'with --queue: images that a worker takes at once', wholeNumber(1), 1024)
    .option(
      '--lease <seconds>',
      'with --queue: what a worker has taken that gave no sign of life for so long is handed out again',
      wholeNumber(1),
      60,
    )
    .addOption(
      new Option(
        '--storage <dtype>',
        'how features are kept in a store that is made in a folder; I8: as F16, but searched by bytes, in half the ' +
          'memory (default: "F16")',
      ).choices(['F32', 'F16', 'I8']),
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
  const { shard, into, report, queue } = options;
  expectStorage(into, options.storage);
  if (report !== undefined) await expectWritable(report);
  if (queue) return queueCommand(pictures, options, placeOfQueue(options));
  if (isFolder(into)) await expectFolder(into);
  const files = await imagesOfFolder(pictures);
  const own = [...files].filter(([id]) => shard === undefined || isInPart(id, shard));
  // A database takes all parts in itself.
  const place = shard && isFolder(into) ? await claimPart(into, shard) : undefined;
  const name = place?.done ?? nameOfPlaces(into);
  try {
    const session = await openEncoder(options);
    const unreadable: Unreadable[] = [];
    const reportAutotune = await autotuneFor(session.device, options);
    const model = await modelOf(session);
    const store = await openStore(place?.work ?? into, { device: session.device, model, wanted: options.storage });
    try {
      const { wanted, known } = await compareWithStore(store, own);
      const isShared = shard !== undefined && place === undefined;
      await handleMissing(store, {
        count: isShared ? undefined : (await store.count()) - known,
        known,
        isThere: (id) => files.has(id) || (isShared && !isInPart(id, shard)),
        remove: options.removeMissing,
        names: { store: name, source: pictures },
      });
      const stored = await encodeFiles(session, store, wanted, (file) => unreadable.push(file));
      if (place && store instanceof FlatStore) await store.compact();
      console.log(`${stored} images encoded, ${await store.count()} in ${name}, ${store.model.dim} values each`);
    } finally {
      await store.close();
      session.device.close();
    }
    reportAutotune();
    if (report !== undefined) await writeReport(report, unreadable);
    reportUnreadable(
      unreadable.map(({ error }) => error),
      place?.work ?? name,
      options.skipMissing,
    );
    await place?.finish();
  } finally {
    place?.release();
  }
}

/** The database that the queue is in. @throws Error where the options name no place that many may write to */
function placeOfQueue({ into, shard }: IndexOptions): StorePlace & { readonly kind: 'postgres' } {
  if (shard !== undefined) throw new Error('--queue and --shard are two ways to share the work: take one');
  const places = parsePlaces(into);
  const [first] = places;
  if (first.kind !== 'postgres' || places.some(({ kind }) => kind !== 'postgres'))
    throw new Error(
      `${nameOfPlaces(into)}: has one writer at a time, and no queue: give --into postgres://…, or share the work by --shard`,
    );
  return first;
}

async function queueCommand(
  pictures: string,
  options: IndexOptions,
  place: StorePlace & { readonly kind: 'postgres' },
): Promise<void> {
  const { into, report, skipMissing } = options;
  const session = await openEncoder(options);
  const name = nameOfPlaces(into);
  try {
    const reportAutotune = await autotuneFor(session.device, options);
    const store = await openStore(into, { device: session.device, model: await modelOf(session) });
    let unreadable: Unreadable[];
    try {
      unreadable = await indexWithOthers(session, { pictures, store, name, place }, options);
    } finally {
      await store.close();
    }
    reportAutotune();
    if (report !== undefined) await writeReport(report, unreadable);
    const messages = unreadable.map(({ path, error }) => (error.includes(path) ? error : `${path}: ${error}`));
    reportUnreadable(messages, name, skipMissing);
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
  store: Store,
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
