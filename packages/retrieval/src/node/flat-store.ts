import { type FlatOptions, FlatStore } from '../stores/flat/flat-store.ts';
import { diskFiles } from './store-files.ts';

/**
 * Opens a store in a folder, and makes it where there is none and `model` is given.
 * @throws Error naming the file that is damaged, or the process that is writing; RangeError for a store of another model,
 *   or one that is not there and cannot be made
 */
export const openFlatStore = (folder: string, options: FlatOptions): Promise<FlatStore> =>
  FlatStore.open(diskFiles(folder), options);
