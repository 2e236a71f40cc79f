import { type CombinerModel, combinerEntries, combinerModel, initialCombiner } from '@webcir/combiner';
import { seededRandom } from '@webcir/data';

/**
 * A Combiner with the weights that training starts from: what it finds is about what the plain sum finds. It stands for
 * `combiner.safetensors` of a run of `webcir train`.
 */
export function firstCombiner(featureDim: number): CombinerModel {
  const sizes = { featureDim, projectionDim: 2 * featureDim, hiddenDim: 4 * featureDim };
  const weights = initialCombiner(sizes, seededRandom(1));
  const tensors = combinerEntries(sizes).map(
    ({ name, shape }) => [name, { shape, read: async () => weights.get(name)! }] as const,
  );
  return combinerModel(new Map(tensors));
}
