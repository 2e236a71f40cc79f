import type { Device } from '@webcir/kernels';
import {
  type AutotuneDeviceOptions,
  type Autotuning,
  autotuneDevice,
  defaultCacheFolder,
} from '@webcir/retrieval/node';
import { Option } from 'commander';

export interface AutotuneOption {
  /** Whether kernels are chosen by timing them. */
  readonly autotune: boolean;
}

export const noAutotuneOption = (): Option =>
  new Option(
    '--no-autotune',
    'takes a fixed choice of kernels, instead of timing once which ones are the fastest here',
  );

/**
 * Sets how the kernels are chosen that a command compiles from now on.
 * @returns a function that prints at the end how many were timed, if any
 */
export async function autotuneFor(
  device: Device,
  { autotune }: AutotuneOption,
  options: AutotuneDeviceOptions = {},
): Promise<() => void> {
  if (!autotune) {
    device.choose(options.choices ?? {});
    return () => {};
  }
  const autotuning = await autotuneDevice(device, defaultCacheFolder(), options);
  if (autotuning.damaged)
    console.warn(`${autotuning.file} is damaged, and what it remembered is lost: kernels are timed again`);
  return () => report(autotuning);
}

function report({ counts: { timed, changed, untimed, milliseconds } }: Autotuning): void {
  if (timed + untimed === 0) return;
  const seconds = (milliseconds / 1000).toFixed(1);
  const left = untimed > 0 ? `; the other ${untimed} keep the fixed choice` : '';
  console.log(
    `Timed the kernels for ${timed} classes of shapes in ${seconds} s: ${changed} are faster another way${left}`,
  );
}
