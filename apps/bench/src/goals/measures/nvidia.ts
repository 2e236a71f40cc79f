import { measureCeilings } from '../../measure/ceilings.ts';
import { stopwatch } from '../../measure/rounds.ts';
import { median } from '../../measure/stats.ts';
import { buildOp } from '../../peers/our-ops.ts';
import type { PeerName } from '../../peers/roster.ts';
import { against, type Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

/** A measurement that takes an NVIDIA card. */
export const onNvidia =
  (measure: (context: Context) => Promise<Measured>) =>
  async (context: Context): Promise<Measured> => {
    const { info, name } = context.device;
    if (/nvidia/i.test(`${info.vendor} ${info.description}`)) return measure(context);
    return { notRun: `no such adapter (this one is ${name})` };
  };

/** What share of a peer's speed ours is, in percent. */
export const shareOf =
  (peer: PeerName, work: string) =>
  async (context: Context): Promise<Measured> => {
    const measured = await against(peer, work)(context);
    return 'value' in measured ? { ...measured, value: 100 * measured.value } : measured;
  };

/** The share of the measured peak of arithmetic that a product of 4096³ reaches, in percent. */
export async function cardPeak({ device, rounds }: Context): Promise<Measured> {
  const { gflops } = await measureCeilings(device, rounds);
  const size = 4096;
  const product = await buildOp(device, { kind: 'matmul', layout: 'NN', rows: size, inner: size, columns: size });
  await product.run(2);
  const times = 10;
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) samples.push((await stopwatch(() => product.run(times))) / times);
  product.dispose();
  const reached = (2 * size ** 3) / median(samples) / 1e6;
  return {
    value: (100 * reached) / gflops,
    detail: `${Math.round(reached)} of ${Math.round(gflops)} GFLOP/s`,
  };
}
