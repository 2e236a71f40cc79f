import { elementsOf } from '../weights/dtype.ts';
import type { ModelTensor } from './model.ts';

/** Bytes of values that are read at once. */
const WINDOW_BYTES = 16e6;

/**
 * Reads tensors in turn, those of some megabytes at once: a source of ranges over the network fetches neighbours with
 * one request, where each by itself would wait for its own.
 */
export async function* readAhead(
  tensors: Iterable<readonly [string, ModelTensor]>,
): AsyncGenerator<readonly [string, Float32Array]> {
  for (const window of windows(tensors)) {
    yield* await Promise.all(window.map(async ([name, tensor]) => [name, await tensor.read()] as const));
  }
}

function* windows(tensors: Iterable<readonly [string, ModelTensor]>): Generator<(readonly [string, ModelTensor])[]> {
  let window: (readonly [string, ModelTensor])[] = [];
  let bytes = 0;
  for (const entry of tensors) {
    const size = 4 * elementsOf(entry[1].shape);
    if (bytes + size > WINDOW_BYTES && window.length > 0) {
      yield window;
      window = [];
      bytes = 0;
    }
    window.push(entry);
    bytes += size;
  }
  if (window.length > 0) yield window;
}
