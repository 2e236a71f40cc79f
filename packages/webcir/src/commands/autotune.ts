import { entriesOf, foldBatchNorm } from '@webcir/clip';
import type { Device, Graph } from '@webcir/kernels';
import { type EncoderPlan, imageGraphs, textGraphs } from '@webcir/retrieval';
import { autotuneDevice, defaultCacheFolder } from '@webcir/retrieval/node';
import { Option } from 'commander';
import { type EncoderSession, imageBatch } from './session.ts';

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
 * Chooses kernels for what a command is about to compile, and says so where it took time.
 * @param graphs makes what is to be compiled: not asked for with --no-autotune
 */
export async function autotuneFor(
  device: Device,
  { autotune }: AutotuneOption,
  graphs: () => readonly Graph<string>[],
): Promise<void> {
  if (!autotune) return;
  const { timed, changed, untimed, milliseconds, file, damaged } = await autotuneDevice(
    device,
    graphs(),
    defaultCacheFolder(),
  );
  if (damaged) console.warn(`${file} is damaged, and what it remembered is lost: kernels are timed again`);
  if (timed + untimed === 0) return;
  const seconds = (milliseconds / 1000).toFixed(1);
  const left = untimed > 0 ? `; the other ${untimed} keep the fixed choice` : '';
  console.log(
    `Timed the kernels for ${timed} classes of shapes in ${seconds} s: ${changed} are faster another way${left}`,
  );
}

/** What a session compiles for images that a frozen encoder encodes, and for texts. */
export function encoderGraphs(
  { device: { capabilities }, model }: EncoderSession,
  {
    images,
    texts,
    fold = true,
    trim,
  }: { images: number; texts: readonly (readonly number[])[]; fold?: boolean; trim?: boolean },
): Graph<string>[] {
  const plan: EncoderPlan = { config: model.config, entries: entriesOf(model), capabilities };
  const frozen = fold ? foldBatchNorm(model) : model;
  const ofImages = { config: frozen.config, entries: entriesOf(frozen), capabilities };
  return [
    ...(images > 0 ? imageGraphs(ofImages, Math.min(imageBatch, images)) : []),
    ...textGraphs(plan, texts, { trim }),
  ];
}
