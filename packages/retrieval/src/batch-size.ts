import { type ClipConfig, encodeImage, encodeText, type Weights } from '@webcir/clip';
import { type Capabilities, type Graph, input, planMemory, sharedSize } from '@webcir/kernels';

/** Bytes of one program. A batch that takes more keeps no GPU busier. */
const enough = 2 ** 30;

/** Texts that go through an encoder at once, where nothing else is asked for. */
export const mostTexts = 256;

/**
 * How many items a program should take at once: at most so many, or the largest power of two below whose program the
 * device can bind and that takes no more than a gigabyte.
 */
function batchFor(most: number, capabilities: Capabilities, graph: (batch: number) => Graph<string>): number {
  let batch = most;
  while (batch > 1) {
    const need = planMemory(graph(batch), capabilities);
    if (need.largest <= capabilities.maxBindingSize && sharedSize([need]) <= enough) break;
    batch = 2 ** Math.ceil(Math.log2(batch) - 1);
  }
  return batch;
}

/** Features of so many images. Input: 'pixels' [batch, size, size, 3]. */
export function imageGraph(config: ClipConfig, weights: Weights, batch: number): Graph<'features'> {
  const size = config.imageResolution;
  return { outputs: { features: encodeImage(input('pixels', [batch, size, size, 3]), weights, config) } };
}

/** Features of so many texts. Inputs: 'tokens' [batch, length] and 'eotPositions' [batch]. */
export function textGraph(config: ClipConfig, weights: Weights, batch: number, length: number): Graph<'features'> {
  const [tokens, eotPositions] = [input('tokens', [batch, length], 'u32'), input('eotPositions', [batch], 'u32')];
  return { outputs: { features: encodeText(tokens, eotPositions, weights, config) } };
}

/**
 * How many images to encode at once, at most so many: activations of large images are larger than some devices bind.
 */
export const imageBatchFor = (config: ClipConfig, weights: Weights, capabilities: Capabilities, most: number): number =>
  batchFor(most, capabilities, (batch) => imageGraph(config, weights, batch));

/** As `imageBatchFor`, of texts as long as the context. */
export const textBatchFor = (config: ClipConfig, weights: Weights, capabilities: Capabilities, most: number): number =>
  batchFor(most, capabilities, (batch) => textGraph(config, weights, batch, config.contextLength));
