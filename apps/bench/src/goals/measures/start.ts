import { firstStep } from '../../measure/first-step.ts';
import type { Measured } from '../verdict.ts';

/** Seconds from the start of a process to its first training step, nothing compiled before. */
export async function coldStart(): Promise<Measured> {
  const { device, program, step } = await firstStep('cold');
  const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);
  return {
    value: step / 1000,
    detail: `device after ${seconds(device)} s, program after ${seconds(program)} s`,
  };
}
