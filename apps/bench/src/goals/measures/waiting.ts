import { buildOp } from '../../peers/our-ops.ts';
import type { Context } from '../context.ts';
import { cpuTime } from '../threads.ts';
import type { Measured } from '../verdict.ts';

/**
 * CPU time of the threads that this process had before there was a device, while it waits for the device, in percent.
 */
export async function waiting({ device, ownThreads }: Context): Promise<Measured> {
  if (ownThreads.length === 0) return { notRun: 'Linux alone tells the time of threads' };
  const work = { kind: 'matmul', layout: 'NN', rows: 1024, inner: 1024, columns: 1024 } as const;
  const product = await buildOp(device, work);
  await product.run(1);
  const start = performance.now();
  await product.run(1);
  const times = Math.max(1, Math.ceil(2000 / (performance.now() - start)));

  const [began, before] = [performance.now(), cpuTime(ownThreads)];
  await product.run(times);
  const [wall, used] = [performance.now() - began, cpuTime(ownThreads) - before];
  product.dispose();
  return { value: (100 * used) / wall, detail: `${Math.round(used)} ms of ${Math.round(wall)} ms` };
}
