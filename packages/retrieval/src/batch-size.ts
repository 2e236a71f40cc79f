import { type ClipConfig, encodeImage, encodeText, type Weights } from '@webcir/clip';
import { type Capabilities, type Graph, input, planMemory, sharedSize } from '@webcir/kernels';

/** Bytes that one program may take: a larger batch would not keep a GPU any busier. */
const targetBytes = 2 ** 30;

/** Images that a retriever encodes at once, and makes ready at most while others are. */
export const maxImages = 16;

/** Texts that go through an encoder at once, unless another number is given. */
export const maxTexts = 256;

/**
 * How many items a program should take at once: `max`, or the largest power of two below it with a program that the
 * device can bind and that takes no more than a gigabyte.
 */
function batchFor(max: number, capabilities: Capabilities, graph: (batch: number) => Graph<string>): number {
  let batch = max;
  while (batch > 1) {
    const need = planMemory(graph(batch), capabilities);
    if (need.largest <= capabilities.maxBindingSize && sharedSize([need]) <= targetBytes) break;
    batch = 2 ** Math.ceil(Math.log2(batch) - 1);
  }
  return batch;
}

/**
 * Splits items into batches of few sizes, so that each size can have a program: powers of two, `max` at most, the last
 * batch filled up. Of all ways to split it takes the one that costs least.
 * @param costs of each item, in rising order; all items of a batch cost as much as its last one
 * @param perBatch what a batch costs besides: its dispatches, and reading back
 * @returns the sizes, in the order of the items
 */
export function splitIntoBatches(costs: readonly number[], max: number, perBatch: number): number[] {
  const { length } = costs;
  /** For the items from each on: the least that they cost, and the size of their first batch. */
  const best = Array.from({ length: length + 1 }, (_, first) => ({ cost: first < length ? Infinity : 0, size: 0 }));
  for (let first = length - 1; first >= 0; first--) {
    for (let power = 1, isLast = false; !isLast; power *= 2) {
      const size = Math.min(power, max);
      const end = Math.min(first + size, length);
      isLast = end === length || size === max;
      const cost = perBatch + size * costs[end - 1] + best[end].cost;
      if (cost <= best[first].cost) best[first] = { cost, size };
    }
  }
  const sizes: number[] = [];
  for (let first = 0; first < length; first += sizes[sizes.length - 1]) sizes.push(best[first].size);
  return sizes;
}

/**
 * Splits texts by their lengths, shortest first: a batch costs as much as some 32 token positions besides (the small CLIP
 * on two cores; on a GPU it is more, but there the positions are cheap as well).
 */
export const splitTexts = (lengths: readonly number[], max: number): number[] => splitIntoBatches(lengths, max, 32);

/** Splits items that all cost the same, images or pairs of features: a batch costs as much as two of them besides. */
export const splitEven = (count: number, max: number): number[] =>
  splitIntoBatches(Array<number>(count).fill(1), max, 2);

/** The features of a batch of images. Input: 'pixels' [batch, size, size, 3]. */
export function imageGraph(config: ClipConfig, weights: Weights, batch: number): Graph<'features'> {
  const size = config.imageResolution;
  return { outputs: { features: encodeImage(input('pixels', [batch, size, size, 3]), weights, config) } };
}

/** The features of a batch of texts. Inputs: 'tokens' [batch, length] and 'eotPositions' [batch]. */
export function textGraph(config: ClipConfig, weights: Weights, batch: number, length: number): Graph<'features'> {
  const [tokens, eotPositions] = [input('tokens', [batch, length], 'u32'), input('eotPositions', [batch], 'u32')];
  return { outputs: { features: encodeText(tokens, eotPositions, weights, config) } };
}

/**
 * How many images to encode at once, `max` at most: activations of large images are larger than some devices can bind.
 */
export const imageBatchFor = (config: ClipConfig, weights: Weights, capabilities: Capabilities, max: number): number =>
  batchFor(max, capabilities, (batch) => imageGraph(config, weights, batch));

/** How many texts to encode at once, `max` at most, if each is as long as the context. */
export const textBatchFor = (config: ClipConfig, weights: Weights, capabilities: Capabilities, max: number): number =>
  batchFor(max, capabilities, (batch) => textGraph(config, weights, batch, config.contextLength));
