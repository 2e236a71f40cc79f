import { openDevice } from '@webcir/kernels';
import { allCases } from '@webcir/kernels/cases';
import { measureCeilings } from '../measure/ceilings.ts';
import { judge, opTable } from '../ops/table.ts';
import { timeCase } from '../ops/time-case.ts';

/**
 * Times ops in a browser, without Node.
 * @param names names of ops; every op where there is none
 * @param say gets the table, piece by piece as it is measured
 * @throws RangeError naming an op that does not exist
 */
export async function benchOps(names: readonly string[], rounds: number, say: (text: string) => void): Promise<void> {
  const unknown = names.find((name) => !(name in allCases));
  if (unknown !== undefined) throw new RangeError(`there is no op '${unknown}': ${Object.keys(allCases).join(', ')}`);
  const device = await openDevice();
  const ceilings = await measureCeilings(device, rounds);
  say(`${device.name}`);
  say(`ceilings: ${ceilings.gflops.toFixed(1)} GFLOP/s of arithmetic, ${ceilings.gbps.toFixed(1)} GB/s copied\n`);
  let withHeader = true;
  for (const [op, { benchmarks }] of Object.entries(allCases)) {
    if (names.length > 0 && !names.includes(op)) continue;
    for (const benchmark of benchmarks) {
      say(opTable(judge(await timeCase(device, op, benchmark, rounds), ceilings), withHeader));
      withHeader = false;
    }
  }
  device.close();
}
