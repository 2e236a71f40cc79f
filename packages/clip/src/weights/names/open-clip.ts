import type { WeightTensor } from '../weight-file.ts';

/** Names of open_clip's models with a separate text tower have an extra prefix; its other models use OpenAI's names. */
export const fromOpenClip = (tensors: ReadonlyMap<string, WeightTensor>): Map<string, WeightTensor> =>
  new Map([...tensors].map(([name, tensor]) => [name.replace(/^text\./, ''), tensor]));
