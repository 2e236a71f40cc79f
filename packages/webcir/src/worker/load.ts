import { Channel } from './channel.ts';
import { ChannelRetriever } from './retriever.ts';
import type { InWorkerOptions, WorkerOptions, WorkerRetriever } from './types.ts';

/** Options whose strings are addresses. */
const SOURCES = ['clip', 'combiner', 'tokenizer'];
/** Where an address is in what stands for a source. */
const ADDRESSES = ['stored', 'ranges'];

/**
 * Loads a retriever through a worker.
 * @param makeWorker called unless there is one
 */
export async function loadThrough(
  options: WorkerOptions,
  { worker: given }: InWorkerOptions,
  makeWorker: () => Worker,
): Promise<WorkerRetriever> {
  const made = given ? undefined : makeWorker();
  const worker = given ?? made!;
  const channel = new Channel(worker, {});
  worker.addEventListener('error', (event) => {
    const reason = (event as ErrorEvent).message ?? 'its script cannot be loaded';
    channel.close(new Error(`the worker of the retriever has failed: ${reason}`));
  });
  const end = () => made?.terminate();
  try {
    const loaded = await channel.callForGood('load', withWholeAddresses(options));
    return new ChannelRetriever(loaded as Pick<WorkerRetriever, 'config' | 'preprocessing'>, channel, end);
  } catch (error) {
    end();
    throw error;
  }
}

/** Addresses are those that the page means: a worker would take them as beside its script. */
const withWholeAddresses = (options: WorkerOptions): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, SOURCES.includes(name) ? wholeAddress(value) : value]),
  );

function wholeAddress(source: unknown): unknown {
  if (typeof source === 'string') return new URL(source, globalThis.document?.baseURI).href;
  const key = ADDRESSES.find((name) => typeof source === 'object' && source !== null && name in source);
  if (key === undefined) return source;
  const described = source as Record<string, unknown>;
  return { ...described, [key]: wholeAddress(described[key]) };
}
