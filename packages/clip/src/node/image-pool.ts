import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { RawImage } from '../preprocess/image.ts';
import type { PreprocessOptions } from '../preprocess/options.ts';
import type { DecodeLimits } from './decode.ts';

export interface ImagePoolOptions extends PreprocessOptions, DecodeLimits {
  /** Maximum number of threads; unless given, one less than the machine can run at once, from 1 to 8. */
  readonly workers?: number;
}

/** Threads that decode and preprocess image files, so that the main thread is free to feed the device. */
export interface ImagePool {
  /**
   * An image as the encoder takes it: normalized planes [3, size, size], the same numbers as by `decodeImage`,
   * `preprocess` and `normalizePixels`. Many images may be requested at once: those that no thread has room for wait as
   * paths.
   * @throws naming the file, when it cannot be decoded, its thread ended, or the pool is closed
   */
  planes(file: string): Promise<Float32Array>;
  /**
   * An image of the encoder's size, from the bytes of a file: whoever holds many that wait for the encoder holds little.
   * The encoder sees in it what it would see in the image itself, since preprocessing it once more changes nothing.
   * @param name of the image in errors
   * @throws as `planes` does
   */
  resized(bytes: Uint8Array, name: string): Promise<RawImage>;
  /** Ends the threads and rejects unfinished images. Once no image is in work, a process can end without this call. */
  close(): Promise<void>;
}

export interface ImageJob {
  readonly id: number;
  /** Path of a file, or the name of what is in `bytes`. */
  readonly file: string;
  /** Of an image that is only resized. */
  readonly bytes?: Uint8Array | undefined;
}

export type ImageAnswer =
  | { readonly id: number; readonly made: Float32Array | RawImage }
  | { readonly id: number; readonly error: string };

interface Waiting extends ImageJob {
  resolve(made: Float32Array | RawImage): void;
  reject(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  /** Images in work, by id. */
  readonly jobs: Map<number, Waiting>;
}

/** Images that a thread has at a time: while one is resized, the next are read and decoded in native threads. */
const jobsPerThread = 3;

/**
 * A pool whose threads run the built `image-worker`; they are started when there is work for them. Our own code, since
 * the pools on npm (tinypool, piscina) leave promises pending for ever when a thread exits or cannot load.
 * @throws RangeError when `workers` is not a positive integer
 */
export function openImagePool(script: URL, { workers, ...options }: ImagePoolOptions): ImagePool {
  const maxThreads = workers ?? Math.min(Math.max(availableParallelism() - 1, 1), 8);
  if (!Number.isInteger(maxThreads) || maxThreads < 1)
    throw new RangeError(`workers: expected 1 or more, found ${workers}.`);
  const threads = new Set<Thread>();
  const waiting: Waiting[] = [];
  let nextId = 0;
  let closed = false;

  const start = (): Thread => {
    const thread: Thread = { worker: new Worker(script, { workerData: options }), jobs: new Map() };
    threads.add(thread);
    thread.worker.on('message', (answer: ImageAnswer) => settle(thread, answer));
    thread.worker.on('error', (error) => lose(thread, error.message));
    thread.worker.on('exit', () => lose(thread, closed ? 'the image pool was closed' : 'its thread ended'));
    return thread;
  };
  const settle = ({ worker, jobs }: Thread, answer: ImageAnswer) => {
    const job = jobs.get(answer.id);
    if (!job) return; // the thread's exit was reported before its last answer
    jobs.delete(answer.id);
    if (jobs.size === 0) worker.unref();
    if ('made' in answer) job.resolve(answer.made);
    else job.reject(new Error(answer.error));
    dispatch();
  };
  const lose = (thread: Thread, reason: string) => {
    threads.delete(thread);
    for (const job of thread.jobs.values()) job.reject(new Error(`${job.file}: not decoded: ${reason}`));
    thread.jobs.clear();
    dispatch();
  };
  const dispatch = () => {
    while (waiting.length > 0) {
      const idlest = [...threads].sort((a, b) => a.jobs.size - b.jobs.size)[0];
      const thread = (!idlest || idlest.jobs.size > 0) && threads.size < maxThreads ? start() : idlest;
      if (thread.jobs.size >= jobsPerThread) return;
      const job = waiting.shift()!;
      thread.jobs.set(job.id, job);
      thread.worker.ref();
      thread.worker.postMessage({ id: job.id, file: job.file, bytes: job.bytes } satisfies ImageJob);
    }
  };

  const ask = (file: string, bytes?: Uint8Array) =>
    new Promise<Float32Array | RawImage>((resolve, reject) => {
      if (closed) throw new Error(`${file}: not decoded: the image pool was closed`);
      waiting.push({ id: nextId++, file, bytes, resolve, reject });
      dispatch();
    });

  return {
    planes: (file) => ask(file) as Promise<Float32Array>,
    resized: (bytes, name) => ask(name, bytes) as Promise<RawImage>,
    async close() {
      closed = true;
      for (const { file, reject } of waiting.splice(0)) {
        reject(new Error(`${file}: not decoded: the image pool was closed`));
      }
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}
