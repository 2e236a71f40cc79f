import { closeField, openField } from '../goals/context.ts';
import { openBenchDevice } from '../measure/bench-device.ts';
import type { Options } from '../options.ts';
import { ours } from '../peers/ours.ts';
import { type Race, race } from '../peers/race.ts';
import { peerNames } from '../peers/roster.ts';
import { raceTable, reasons } from '../peers/table.ts';
import { works } from '../peers/works.ts';
import { machineOf, resultsOf, writeResults } from '../report/results.ts';

/** Compares webcir with its peers. */
export async function runPeers({ names, rounds, out }: Options): Promise<void> {
  const wanted = works.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  if (wanted.length === 0) {
    throw new RangeError(
      `no work has '${names.join("' or '")}' in its name: ${works.map(({ name }) => name).join('; ')}`,
    );
  }
  const device = await openBenchDevice();
  const machine = machineOf(device);
  const field = await openField(device);
  const races: Race[] = [];
  try {
    console.log(`${machine.adapter}; ${machine.processor}, ${machine.cores} cores; Node ${machine.node}\n`);
    for (const work of wanted) {
      races.push(await race(ours(device), field, work, rounds));
      console.log(raceTable(races.slice(-1), peerNames, races.length === 1));
    }
  } finally {
    await closeField(field);
    device.close();
  }
  console.log(`\n${reasons(races).join('\n')}`);
  const { json, html } = writeResults(out, resultsOf(machine, { races }));
  console.log(`\n${json}\n${html}`);
}
