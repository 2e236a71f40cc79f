import { existsSync } from 'node:fs';
import { imageFingerprint } from '@webcir/clip';
import { expectFolder, linesOf, openClipModel, readTextFile } from '@webcir/clip/node';
import { openDevice } from '@webcir/kernels';
import type { FlatOptions, FlatStore, Store, StoredImage, StoreRows } from '@webcir/retrieval';
import { openFlatStore, readClipRetrieval, readNpy, writeClipRetrieval } from '@webcir/retrieval/node';
import type { Command } from 'commander';
import { ProgressLine } from '../../progress.ts';
import { addClipOptions, clipPath } from '../clip-source.ts';
import { targetRatioOption, transformOption } from '../options.ts';
import { chosenPreprocessing, type EncoderOptions } from '../session.ts';
import { reportDropped } from './index-images.ts';
import { handleMissing } from './missing.ts';
import { wholeParts } from './parts.ts';

/** The commands of `webcir store`. */
export function registerStore(program: Command): void {
  const store = program.command('store').description('Looks after stores, which webcir index makes.');
  store
    .command('info')
    .description('Says how many images a store holds, and of which model.')
    .argument('<store>', 'folder of the store')
    .action(infoCommand);
  store
    .command('join')
    .description('Takes the parts that webcir index --shard has made into their store. Can be repeated.')
    .argument('<store>', 'folder of the store')
    .option('--remove-missing', 'takes images out of the store that are in none of the parts')
    .action(joinCommand);
  store
    .command('compact')
    .description('Writes a store anew, without the images that were replaced or deleted.')
    .argument('<store>', 'folder of the store')
    .action(compactCommand);
  const into = store
    .command('import')
    .description(
      'Takes features that something else has encoded into a store: those of a .npy file, or of a folder in ' +
        "clip-retrieval's layout. They must be of the CLIP that is named.",
    )
    .argument('<store>', 'folder of the store, made where there is none')
    .argument('<from>', 'name.npy, or a folder with img_emb and metadata')
    .option('--ids <file>', 'the ids of the rows of a .npy file, one per line');
  addClipOptions(into).addOption(transformOption()).addOption(targetRatioOption()).action(importCommand);
  store
    .command('export')
    .description("Writes a store in clip-retrieval's layout: img_emb/img_emb_0.npy, metadata/metadata_0.parquet.")
    .argument('<store>', 'folder of the store')
    .argument('<to>', 'a folder')
    .action(exportCommand);
}

/** Does work with a store that is not searched, and closes it. */
async function withStore<T>(
  folder: string,
  options: Omit<FlatOptions, 'device'>,
  work: (store: FlatStore) => Promise<T>,
): Promise<T> {
  const store = await openFlatStore(folder, { device: openDevice, ...options });
  try {
    reportDropped(store, folder);
    return await work(store);
  } finally {
    await store.close();
  }
}

const infoCommand = (folder: string): Promise<void> =>
  withStore(folder, { readOnly: true }, async (store) => {
    const { dim, fingerprint } = store.model;
    console.log(`${await store.count()} images, ${dim} values each in ${store.storage}, of the model ${fingerprint}`);
  });

async function joinCommand(folder: string, { removeMissing }: JoinOptions): Promise<void> {
  const parts = await wholeParts(folder);
  const { model, storage } = await withStore(parts[0], { readOnly: true }, async (first) => first);
  const line = new ProgressLine('parts');
  await withStore(folder, { model, storage }, async (store) => {
    const ids = new Set<string>();
    for (const [i, path] of parts.entries()) {
      await withStore(path, { model, readOnly: true }, async (part) => {
        for await (const rows of part.items()) {
          for (const id of rows.ids) ids.add(id);
          await store.put(await changedRows(store, rows));
        }
      });
      line.update((i + 1) / parts.length, `${i + 1}/${parts.length}`);
    }
    await handleMissing(store, {
      count: (await store.count()) - ids.size,
      isThere: (id) => ids.has(id),
      remove: removeMissing,
      names: { store: folder, source: 'the parts' },
    });
    line.finish(`${parts.length} parts, ${await store.count()} images in ${folder}`);
  });
}

interface JoinOptions {
  readonly removeMissing?: boolean;
}

/** The rows that a store does not have as they are: a join that is repeated writes nothing twice. */
async function changedRows(store: Store, { ids, features, metadata }: Required<StoreRows>): Promise<StoreRows> {
  const { dim } = store.model;
  const stored = await store.get(ids);
  const isSame = (image: StoredImage | undefined, row: number) =>
    image?.feature.every((value, i) => value === features[row * dim + i]) &&
    JSON.stringify(image.metadata) === JSON.stringify(metadata[row]);
  const rows = [...ids.keys()].filter((row) => !isSame(stored[row], row));
  const changed = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) changed.set(features.subarray(row * dim, (row + 1) * dim), i * dim);
  return { ids: rows.map((row) => ids[row]), features: changed, metadata: rows.map((row) => metadata[row]) };
}

async function compactCommand(folder: string): Promise<void> {
  if (!existsSync(folder)) throw new Error(`${folder}: there is no such store`);
  await withStore(folder, {}, async (store) => {
    await store.compact();
    console.log(`${await store.count()} images in ${folder}`);
  });
}

interface ImportOptions extends EncoderOptions {
  readonly ids?: string;
}

async function importCommand(folder: string, from: string, options: ImportOptions): Promise<void> {
  const { ids } = options;
  const isArray = from.endsWith('.npy');
  if (isArray !== (ids !== undefined)) throw new Error('--ids goes with a .npy file, and a .npy file with --ids');
  const clip = await openClipModel(await clipPath(options), options.activation);
  const fingerprint = await imageFingerprint(clip, chosenPreprocessing(options, clip));
  const line = new ProgressLine('rows');
  await withStore(folder, { model: { dim: clip.config.embedDim, fingerprint } }, async (store) => {
    let count = 0;
    const rows = ids === undefined ? readClipRetrieval(from) : readNpy(from, linesOf(await readTextFile(ids)));
    for await (const part of rows) {
      await store.put(part);
      count += part.ids.length;
      line.update(0, `${count} rows`);
    }
    line.finish(`${count} rows, ${await store.count()} images in ${folder}`);
  });
}

async function exportCommand(folder: string, to: string): Promise<void> {
  await expectFolder(to);
  await withStore(folder, { readOnly: true }, async (store) => {
    await writeClipRetrieval(store, to);
    console.log(`${await store.count()} images in ${to}`);
  });
}
