import { type CombinerConfig, combinerEntries } from './combiner.ts';

/**
 * Fresh Combiner weights, as PyTorch initializes Linear layers: weights and biases uniform in ±1 / sqrt(inputs).
 * @param uniform random numbers in [0, 1)
 */
export function initialCombiner(config: CombinerConfig, uniform: () => number): Map<string, Float32Array> {
  const weights = new Map<string, Float32Array>();
  let bound = 0;
  for (const { name, shape } of combinerEntries(config)) {
    if (shape.length === 2) bound = 1 / Math.sqrt(shape[1]); // the bias that follows takes the bound of its weight
    weights.set(
      name,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (2 * uniform() - 1) * bound),
    );
  }
  return weights;
}
