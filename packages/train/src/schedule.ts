/** How the learning rate changes over a stage. */
export type Schedule = 'constant' | 'cosine';

/**
 * The learning rate of a step.
 * @param step counted from 0
 * @param steps number of steps of the whole run
 * @param warmup steps over which it rises linearly from 0
 */
export function learningRateAt(step: number, steps: number, peak: number, schedule: Schedule, warmup = 0): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  if (schedule === 'constant') return peak;
  return (peak / 2) * (1 + Math.cos((Math.PI * (step - warmup)) / Math.max(1, steps - warmup)));
}
