import type { WeightTensor } from '../weight-file.ts';

/** open_clip's models with a text tower of its own differ from OpenAI's in a prefix; its others not at all. */
export const fromOpenClip = (tensors: ReadonlyMap<string, WeightTensor>): Map<string, WeightTensor> =>
  new Map([...tensors].map(([name, tensor]) => [name.replace(/^text\./, ''), tensor]));
