import { named } from '@webcir/clip';
import { openWeights } from '@webcir/clip/node';
import type { CombinerModel } from '@webcir/combiner';
import { readCombinerModel } from '../read-combiner.ts';

/**
 * Opens a Combiner: webcir's own, or CLIP4Cir's `combiner.pt`.
 * @throws Error naming the file and the tensor at fault
 */
export async function openCombinerModel(path: string): Promise<CombinerModel> {
  const file = await openWeights(path);
  return named(path, () => readCombinerModel(file));
}
