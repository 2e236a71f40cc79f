import { type ClipModel, encodeImage, encodeText, entriesOf, weightsOf } from '@webcir/clip';
import { type CombinerModel, combine, combinerEntries, elementwiseSum } from '@webcir/combiner';
import { compileAhead, type Device, input, l2Normalize, PANEL_ROWS, packGallery, StoreLayout } from '@webcir/kernels';
import { nearestImages } from './gallery-index.ts';
import { paddedDim } from './gallery-shards.ts';

/** What the first search is likely to ask for: kernels are the same for other lengths of text, sizes and k. */
const likely = { textLength: 16, k: 10 };

/**
 * Compiles the kernels of a search, and of making its gallery, while the weights are still read and copied: all that
 * this needs of the models is their shapes.
 * @throws GpuError when a kernel does not compile; ShapeError for a Combiner of another CLIP
 */
export async function compileSearchAhead(device: Device, model: ClipModel, combiner?: CombinerModel): Promise<void> {
  const { config } = model;
  const { maxBindingSize } = device.capabilities;
  const { imageResolution: size, embedDim, contextLength } = config;
  const weights = weightsOf(StoreLayout.plan(entriesOf(model), maxBindingSize));
  const image = encodeImage(input('pixels', [1, size, size, 3]), weights, config);
  const tokens = input('tokens', [1, Math.min(likely.textLength, contextLength)], 'u32');
  const text = encodeText(tokens, input('eotPositions', [1], 'u32'), weights, config);
  const layers = combiner && StoreLayout.plan(combinerEntries(combiner.config), maxBindingSize);
  const query = layers ? combine(image, text, (name) => layers.tensor(name)) : elementwiseSum(image, text);
  const gallery = packGallery(l2Normalize(input('features', [PANEL_ROWS, paddedDim(embedDim)])), 'f32');
  const [scores, indices] = nearestImages(query, [gallery], PANEL_ROWS, likely.k);
  await compileAhead(device, { outputs: { scores, indices } });
}
