// `pnpm bench`: times the benchmark cases of every op, in every variant that the adapter can run.
import { parseArgs } from 'node:util';
import { openDevice } from '@webcir/kernels';
import { allCases } from '@webcir/kernels/cases';
import { formatRow, header, timeCase } from './time-case.ts';

const usage = `usage: pnpm bench [OP ...] [--rounds N]

Times the benchmark cases of the named ops (all of them unless named), forward, in every variant that this adapter can run.
  --rounds N   timed runs of each case; the median is shown (default: 7)`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '7' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) console.log(usage);
  else await bench(positionals, Number(values.rounds));
} catch (error) {
  console.error(`error: ${(error as Error).message}\n\n${usage}`);
  process.exitCode = 1;
}

async function bench(names: readonly string[], rounds: number): Promise<void> {
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds: expected a whole number of at least 1');
  const unknown = names.find((name) => !(name in allCases));
  if (unknown) throw new RangeError(`there is no op '${unknown}'; the ops are: ${Object.keys(allCases).join(', ')}`);
  const device = await openDevice();
  console.log(`${device.name}\n\n${header}`);
  for (const [op, { benchmarks }] of Object.entries(allCases)) {
    if (names.length > 0 && !names.includes(op)) continue;
    for (const benchmark of benchmarks) {
      for (const timing of await timeCase(device, benchmark, rounds)) console.log(formatRow(op, benchmark, timing));
    }
  }
  device.close();
}
