import { entriesOf, foldBatchNorm } from '@webcir/clip';
import type { Device, Graph } from '@webcir/kernels';
import { type EncoderPlan, pictureGraphs, textGraphs } from '@webcir/train';
import { defaultCacheFolder, tuneDevice } from '@webcir/train/node';
import { Option } from 'commander';
import { type EncoderSession, pictureBatch } from './session.ts';

export interface TuneOption {
  /** Whether kernels are chosen by timing them. */
  readonly tune: boolean;
}

export const noTuneOption = (): Option =>
  new Option('--no-tune', 'takes a fixed choice of kernels, instead of timing once which ones are the fastest here');

/**
 * Chooses kernels for what a command is about to compile, and says so where it took time.
 * @param graphs makes what is to be compiled: not asked for with --no-tune
 */
export async function tuneFor(
  device: Device,
  { tune }: TuneOption,
  graphs: () => readonly Graph<string>[],
): Promise<void> {
  if (!tune) return;
  const { timed, changed, untimed, milliseconds, file, damaged } = await tuneDevice(
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

/** What a session compiles for pictures that a frozen encoder encodes, and for texts. */
export function encoderGraphs(
  { device: { capabilities }, model }: EncoderSession,
  {
    pictures,
    texts,
    fold = true,
    trim,
  }: { pictures: number; texts: readonly (readonly number[])[]; fold?: boolean; trim?: boolean },
): Graph<string>[] {
  const plan: EncoderPlan = { config: model.config, entries: entriesOf(model), capabilities };
  const frozen = fold ? foldBatchNorm(model) : model;
  const ofPictures = { config: frozen.config, entries: entriesOf(frozen), capabilities };
  return [
    ...(pictures > 0 ? pictureGraphs(ofPictures, Math.min(pictureBatch, pictures)) : []),
    ...textGraphs(plan, texts, { trim }),
  ];
}
