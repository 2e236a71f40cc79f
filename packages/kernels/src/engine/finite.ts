/** The place of the first value that is not finite, or -1. A plain loop: `findIndex` takes five times as long. */
export function indexOfNonFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/**
 * Checks the weights of a tensor before they go to the device: one value that is not finite spoils every result.
 * @throws Error naming the tensor
 */
export function expectFiniteWeights(name: string, values: Float32Array): void {
  const at = indexOfNonFinite(values);
  if (at === -1) return;
  throw new Error(
    `${name}: expected finite values, found ${values[at]} at place ${at}: ` +
      'the file is damaged, or of a training run that diverged.',
  );
}
