import { loadThrough } from './worker/load.ts';
import type { InWorkerOptions, WorkerOptions, WorkerRetriever } from './worker/types.ts';

export { serveRetriever } from './worker/serve.ts';
export type {
  InWorkerOptions,
  Port,
  RangesOf,
  StoredAddress,
  WorkerGallery,
  WorkerOptions,
  WorkerRetriever,
  WorkerSource,
} from './worker/types.ts';

/**
 * Loads a retriever in a worker, where it decodes, encodes and searches while the page stays free. What it takes is
 * what `Retriever.load` takes, but for a device and models that have been read; weights may also be stored or fetched
 * in ranges by the worker itself: `{ stored: '/clip.safetensors', sha256, onProgress }`, `{ ranges: '/clip.safetensors' }`.
 *
 * Errors have the name and the message that they have in the worker; of the classes, those of the language alone.
 * @throws what `Retriever.load` does; Error where the worker fails
 */
export async function loadInWorker(options: WorkerOptions, inWorker: InWorkerOptions = {}): Promise<WorkerRetriever> {
  // Written so that bundlers see it: they make a script of its own of what it names.
  const makeWorker = () => new Worker(new URL('./retriever-worker.js', import.meta.url), { type: 'module' });
  return loadThrough(options, inWorker, makeWorker);
}
