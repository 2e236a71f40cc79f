import { entriesOf, weightsOf } from '@webcir/clip';
import { combinerEntries } from '@webcir/combiner';
import {
  compileAhead,
  type Device,
  input,
  l2Normalize,
  PANEL_ROWS,
  packGallery,
  StoreLayout,
  type Tensor,
} from '@webcir/kernels';
import { nearestImages } from './gallery-index.ts';
import { paddedDim } from './gallery-shards.ts';
import type { Encoders } from './read-models.ts';
import { searchGraph } from './search-graph.ts';

/** What the first search is likely to ask for: kernels are the same for other lengths of text, sizes and k. */
const likely = { image: 'pixels', textLength: 16, isWeighted: false, avoids: false, found: 10 } as const;

/**
 * Compiles the kernels of a search, and of making its gallery, while the weights are still read and copied: all that
 * this needs of the models is their shapes.
 * @throws GpuError when a kernel does not compile; ShapeError for a Combiner of another CLIP
 */
export async function compileSearchAhead(device: Device, { clip, combiner }: Encoders): Promise<void> {
  const { config } = clip;
  const { maxBindingSize } = device.capabilities;
  const weights = weightsOf(StoreLayout.plan(entriesOf(clip), maxBindingSize));
  const models = {
    config,
    texts: weights,
    images: weights,
    combiner: combiner && StoreLayout.plan(combinerEntries(combiner.config), maxBindingSize),
  };
  const panel = packGallery(l2Normalize(input('features', [PANEL_ROWS, paddedDim(config.embedDim)])), 'f32');
  const kind = { ...likely, textLength: Math.min(likely.textLength, config.contextLength) };
  const gallery = {
    nearest: (query: Tensor, found: number) => nearestImages(query, { shards: [panel], size: PANEL_ROWS }, found),
  };
  await compileAhead(device, searchGraph(models, gallery, kind));
}
