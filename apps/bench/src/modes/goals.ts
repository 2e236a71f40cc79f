import { contextOf } from '../goals/context.ts';
import { goals } from '../goals/goals.ts';
import { goalTable } from '../goals/table.ts';
import { threads } from '../goals/threads.ts';
import { type Judged, judgeGoal, tally } from '../goals/verdict.ts';
import { openBenchDevice } from '../measure/bench-device.ts';
import type { Options } from '../options.ts';
import { machineOf, resultsOf, writeResults } from '../report/results.ts';

/** Measures every goal and prints its outcome. Returns false where one is missed. */
export async function runGoals({ names, rounds, out }: Options): Promise<boolean> {
  const wanted = goals.filter(({ work }) => names.length === 0 || names.some((part) => work.includes(part)));
  if (wanted.length === 0) {
    const works = [...new Set(goals.map(({ work }) => work))].join('; ');
    throw new RangeError(`no goal has '${names.join("' or '")}' in its name: ${works}`);
  }
  const ownThreads = threads();
  const device = await openBenchDevice();
  const machine = machineOf(device);
  const context = contextOf(device, { rounds, ownThreads });
  const judged: Judged[] = [];
  try {
    console.log(`${machine.adapter}; ${machine.processor}, ${machine.cores} cores; Node ${machine.node}\n`);
    for (const { work, goal, measure } of wanted) {
      const measured = await measure(context).catch(({ message }: Error) => ({ failed: message }));
      judged.push(judgeGoal(work, goal, measured));
      console.log(goalTable(judged.slice(-1), judged.length === 1));
    }
  } finally {
    await context.close();
    device.close();
  }
  console.log(`\n${tally(judged)}`);
  const { json, html } = writeResults(out, resultsOf(machine, { goals: judged }));
  console.log(`${json}\n${html}`);
  return judged.every(({ verdict }) => verdict !== 'missed');
}
