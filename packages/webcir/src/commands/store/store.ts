import { existsSync } from 'node:fs';
import { imageFingerprint } from '@webcir/clip';
import { expectFolder, linesOf, openClipModel, readTextFile } from '@webcir/clip/node';
import { openDevice } from '@webcir/kernels';
import type { FlatOptions, FlatStore, Store } from '@webcir/retrieval';
import { readClipRetrieval, readNpy, writeClipRetrieval } from '@webcir/retrieval/node';
import type { Command } from 'commander';
import { ProgressLine } from '../../progress.ts';
import { addClipOptions, clipPath } from '../clip-source.ts';
import { targetRatioOption, transformOption } from '../options.ts';
import { chosenPreprocessing, type EncoderOptions } from '../session.ts';
import { changedRows } from './changed-rows.ts';
import { handleMissing } from './missing.ts';
import { openStore, storageOf } from './open-store.ts';
import { wholeParts } from './parts.ts';
import { expectFolderPlace, nameOfPlaces, placeHelp } from './place.ts';

/** The commands of `webcir store`. */
export function registerStore(program: Command): void {
  const store = program.command('store').description('Looks after stores, which webcir index makes.');
  store
    .command('info')
    .description('Says how many images a store holds, and of which model.')
    .argument('<store>', placeHelp)
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
    .argument('<store>', `${placeHelp}; made where there is none`)
    .argument('<from>', 'name.npy, or a folder with img_emb and metadata')
    .option('--ids <file>', 'the ids of the rows of a .npy file, one per line');
  addClipOptions(into).addOption(transformOption()).addOption(targetRatioOption()).action(importCommand);
  store
    .command('export')
    .description("Writes a store in clip-retrieval's layout: img_emb/img_emb_0.npy, metadata/metadata_0.parquet.")
    .argument('<store>', placeHelp)
    .argument('<to>', 'a folder')
    .action(exportCommand);
}

/** Does work with a store that is not searched, and closes it. */
async function withStore<T>(
  place: string,
  options: Omit<FlatOptions, 'device'>,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(place, { device: openDevice, ...options });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const infoCommand = (place: string): Promise<void> =>
  withStore(place, { readOnly: true }, async (store) => {
    const { dim, fingerprint } = store.model;
    console.log(
      `${await store.count()} images, ${dim} values each in ${storageOf(store)}, of the model ${fingerprint}`,
    );
  });

interface JoinOptions {
  readonly removeMissing?: boolean;
}

async function joinCommand(folder: string, { removeMissing }: JoinOptions): Promise<void> {
  expectFolderPlace(folder, 'webcir index --shard writes into it itself, so that there are no parts to be joined');
  const parts = await wholeParts(folder);
  const { model, storage } = await withStore(parts[0], { readOnly: true }, async (first) => first as FlatStore);
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
      known: ids.size,
      isThere: (id) => ids.has(id),
      remove: removeMissing,
      names: { store: folder, source: 'the parts' },
    });
    line.finish(`${parts.length} parts, ${await store.count()} images in ${folder}`);
  });
}

async function compactCommand(folder: string): Promise<void> {
  expectFolderPlace(folder, 'PostgreSQL frees by itself what was replaced or deleted (VACUUM); name shards one by one');
  if (!existsSync(folder)) throw new Error(`${folder}: there is no such store`);
  await withStore(folder, {}, async (store) => {
    await (store as FlatStore).compact();
    console.log(`${await store.count()} images in ${folder}`);
  });
}

interface ImportOptions extends EncoderOptions {
  readonly ids?: string;
}

async function importCommand(place: string, from: string, options: ImportOptions): Promise<void> {
  const { ids } = options;
  const isArray = from.endsWith('.npy');
  if (isArray !== (ids !== undefined)) throw new Error('--ids goes with a .npy file, and a .npy file with --ids');
  const clip = await openClipModel(await clipPath(options), options.activation);
  const fingerprint = await imageFingerprint(clip, chosenPreprocessing(options, clip));
  const line = new ProgressLine('rows');
  await withStore(place, { model: { dim: clip.config.embedDim, fingerprint } }, async (store) => {
    const isNew = (await store.count()) === 0;
    let count = 0;
    let stored = 0;
    const rows = ids === undefined ? readClipRetrieval(from) : readNpy(from, linesOf(await readTextFile(ids)));
    for await (const part of rows) {
      // An import that was stopped goes on where it was.
      const wanted = isNew ? part : await changedRows(store, part);
      await store.put(wanted);
      count += part.ids.length;
      stored += wanted.ids.length;
      line.update(0, rowsOf(count, stored));
    }
    line.finish(`${rowsOf(count, stored)}, ${await store.count()} images in ${nameOfPlaces(place)}`);
  });
}

const rowsOf = (count: number, stored: number): string =>
  count === stored ? `${count} rows` : `${count} rows, ${count - stored} of them stored already`;

async function exportCommand(place: string, to: string): Promise<void> {
  await expectFolder(to);
  await withStore(place, { readOnly: true }, async (store) => {
    await writeClipRetrieval(store, to);
    console.log(`${await store.count()} images in ${to}`);
  });
}
