import { type ClipConfig, encodeImage, encodeText, type Weights } from '@webcir/clip';
import { type Capabilities, type Graph, input, planMemory, sharedSize } from '@webcir/kernels';

/** Bytes that one program may take: a larger batch would not keep a GPU any busier. */
const targetBytes = 2 ** 30;

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

/** The smallest power of two that holds so many items, `max` at most: few sizes of batches, a program each. */
export const fittingBatch = (count: number, max: number): number => Math.min(2 ** Math.ceil(Math.log2(count)), max);

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
