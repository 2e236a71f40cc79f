import { allCases } from '@webcir/kernels/cases';
import { openBenchDevice } from '../measure/bench-device.ts';
import { measureCeilings } from '../measure/ceilings.ts';
import { judge, type OpRow, opTable } from '../ops/table.ts';
import { timeCase } from '../ops/time-case.ts';
import type { Options } from '../options.ts';
import { programs } from '../programs/index.ts';
import { type ProgramRow, programTable, timeProgram } from '../programs/time-program.ts';
import { compareResults, describeComparison } from '../report/compare.ts';
import { machineOf, readResults, resultsOf, writeResults } from '../report/results.ts';

/** Times ops and workloads, prints them as they come, and writes both reports. */
export async function runTimings({ names, rounds, compare, out }: Options): Promise<void> {
  const unknown = names.find((name) => !(name in allCases) && !programs.some((program) => program.name === name));
  if (unknown !== undefined) {
    const known = [...Object.keys(allCases), ...programs.map(({ name }) => name)];
    throw new RangeError(`there is no op or program '${unknown}'; there are: ${known.join(', ')}`);
  }
  const wanted = (name: string) => names.length === 0 || names.includes(name);
  const before = compare === undefined ? undefined : readResults(compare);
  const device = await openBenchDevice();
  const machine = machineOf(device);
  const ceilings = await measureCeilings(device, rounds);
  console.log(`${machine.adapter}; ${machine.processor}, ${machine.cores} cores; Node ${machine.node}`);
  console.log(
    `ceilings: ${ceilings.gflops.toFixed(1)} GFLOP/s of arithmetic, ${ceilings.gbps.toFixed(1)} GB/s copied\n`,
  );

  const ops: OpRow[] = [];
  for (const [op, { benchmarks }] of Object.entries(allCases)) {
    if (!wanted(op)) continue;
    for (const benchmark of benchmarks) {
      const rows = judge(await timeCase(device, op, benchmark, rounds), ceilings);
      console.log(opTable(rows, ops.length === 0));
      ops.push(...rows);
    }
  }
  const whole: ProgramRow[] = [];
  for (const program of programs.filter(({ name }) => wanted(name))) {
    const row = await timeProgram(device, program, rounds, ceilings);
    if (whole.length === 0 && ops.length > 0) console.log();
    console.log(programTable([row], whole.length === 0));
    whole.push(row);
  }
  device.close();

  const results = resultsOf(machine, { ceilings, ops, programs: whole });
  if (before) console.log(`\n${describeComparison(compareResults(before, results))}`);
  const { json, html } = writeResults(out, results);
  console.log(`\n${json}\n${html}`);
}
