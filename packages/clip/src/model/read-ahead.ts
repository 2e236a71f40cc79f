import { elementsOf } from '../weights/dtype.ts';
import type { ModelTensor } from './model.ts';

/** Values that are read at once: 16 MB. */
const WINDOW = 4e6;

/**
 * Reads tensors in turn, those of some megabytes at once: a source of ranges over the network fetches neighbours with
 * one request, where each by itself would wait for its own.
 */
export async function* readAhead<T>(
  tensors: Iterable<readonly [string, ModelTensor]>,
  read: (name: string, tensor: ModelTensor) => Promise<T>,
): AsyncGenerator<readonly [string, T]> {
  const left = [...tensors];
  while (left.length > 0) {
    let values = 0;
    const end = left.findIndex(([, { shape }]) => (values += elementsOf(shape)) > WINDOW);
    const window = left.splice(0, end < 0 ? left.length : Math.max(end, 1));
    yield* await Promise.all(window.map(async ([name, tensor]) => [name, await read(name, tensor)] as const));
  }
}
