import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Device, type DispatchTime, profile } from '@webcir/kernels';
import { stopwatch } from '../measure/rounds.ts';
import { timingOf } from '../measure/stats.ts';
import type { BenchProgram } from '../programs/program.ts';
import { groupDispatches, groupTable, medianDispatches } from './groups.ts';
import { chromeTrace } from './trace.ts';

/**
 * Prints where a program's time goes and writes its trace.
 * @throws TypeError for one that is not a single program, as there is nothing to take apart
 */
export async function profileProgram(
  device: Device,
  { name, about, build }: BenchProgram,
  { rounds, out }: { readonly rounds: number; readonly out: string },
): Promise<void> {
  const built = await build(device);
  try {
    const { program } = built;
    if (!program) throw new TypeError(`--profile ${name}: it is more than one program; name one of the others`);
    await built.run(1);
    const profiles: DispatchTime[][] = [];
    const walls: number[] = [];
    for (let round = 0; round < rounds; round++) {
      profiles.push(await profile(program));
      walls.push(await stopwatch(() => built.run(1)));
    }
    const dispatches = medianDispatches(profiles);
    const total = dispatches.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    mkdirSync(out, { recursive: true });
    const path = join(out, `${name}.trace.json`);
    writeFileSync(path, JSON.stringify(chromeTrace(name, dispatches)));
    const wall = timingOf(walls).median.toFixed(2);
    console.log(`${name}: ${about}\n\n${groupTable(groupDispatches(dispatches))}\n`);
    console.log(`${dispatches.length} dispatches, ${total.toFixed(2)} ms on the device, ${wall} ms by the clock`);
    console.log(`${path}: for chrome://tracing or Perfetto`);
  } finally {
    await built.dispose();
  }
}
