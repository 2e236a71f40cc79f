import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { buildOp } from '../../peers/our-ops.ts';
import type { Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

const TASKS = '/proc/self/task';
/** Threads of the Vulkan drivers that run shaders on the CPU, and of Mesa's shader cache. */
const driver = /^(llvmpipe|lp-|Thread<|disk\$|node:disk|WSI)/;

/** CPU time of this process without the driver's threads while it waits for a second's work, in percent of the time. */
export async function waiting({ device }: Context): Promise<Measured> {
  if (!existsSync(`${TASKS}/self`) && !existsSync(TASKS)) return { notRun: 'Linux alone tells the time of threads' };
  const work = { kind: 'matmul', layout: 'NN', rows: 1024, inner: 1024, columns: 1024 } as const;
  const product = await buildOp(device, work);
  await product.run(1);
  const start = performance.now();
  await product.run(1);
  const times = Math.max(1, Math.ceil(1500 / (performance.now() - start)));

  const [began, before] = [performance.now(), threadTimes()];
  await product.run(times);
  const [wall, after] = [performance.now() - began, threadTimes()];
  product.dispose();
  const used = [...after].reduce((sum, [thread, time]) => sum + time - (before.get(thread) ?? 0), 0);
  return { value: (100 * used) / wall, detail: `${Math.round(used)} ms of ${Math.round(wall)} ms` };
}

/** Milliseconds on a CPU by thread, the driver's left out. */
function threadTimes(): Map<string, number> {
  const times = new Map<string, number>();
  for (const thread of readdirSync(TASKS)) {
    const read = (file: string) => readFileSync(`${TASKS}/${thread}/${file}`, 'utf8');
    if (driver.test(read('comm'))) continue;
    times.set(thread, Number(read('schedstat').split(' ')[0]) / 1e6);
  }
  return times;
}
