import { existsSync } from 'node:fs';
import { openDevice } from '@webcir/kernels';
import type { FlatOptions, FlatStore, StoreModel } from '@webcir/retrieval';
import { openFlatStore } from '@webcir/retrieval/node';
import type { Command } from 'commander';
import { ProgressLine } from '../../progress.ts';
import { reportDropped } from './index-images.ts';
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
    .action(joinCommand);
  store
    .command('compact')
    .description('Writes a store anew, without the images that were replaced or deleted.')
    .argument('<store>', 'folder of the store')
    .action(compactCommand);
}

/** Opens a store whose command searches nothing. */
async function open(folder: string, options: Omit<FlatOptions, 'device'> = {}): Promise<FlatStore> {
  const store = await openFlatStore(folder, { device: openDevice, ...options });
  reportDropped(store, folder);
  return store;
}

async function infoCommand(folder: string): Promise<void> {
  const store = await open(folder, { readOnly: true });
  const { dim, fingerprint } = store.model;
  console.log(`${await store.count()} images, ${dim} values each in ${store.storage}, of the model ${fingerprint}`);
  await store.close();
}

async function joinCommand(folder: string): Promise<void> {
  const parts = await wholeParts(folder);
  const first = await open(parts[0], { readOnly: true });
  const { model, storage } = first;
  await first.close();
  const store = await open(folder, { model, storage });
  const line = new ProgressLine('parts');
  try {
    for (const [i, path] of parts.entries()) {
      await take(store, path, model);
      line.update((i + 1) / parts.length, `${i + 1}/${parts.length}`);
    }
    line.finish(`${parts.length} parts, ${await store.count()} images in ${folder}`);
  } finally {
    await store.close();
  }
}

async function take(store: FlatStore, path: string, model: StoreModel): Promise<void> {
  const part = await openFlatStore(path, { device: openDevice, model, readOnly: true });
  try {
    for await (const rows of part.items()) await store.put(rows);
  } finally {
    await part.close();
  }
}

async function compactCommand(folder: string): Promise<void> {
  if (!existsSync(folder)) throw new Error(`${folder}: there is no such store`);
  const store = await open(folder);
  await store.compact();
  console.log(`${await store.count()} images in ${folder}`);
  await store.close();
}
