import { compile, type Device, type HostArray, type Program, profile, variantChoices } from '@webcir/kernels';
import { caseValues, hostValues, normal, type OpCase } from '@webcir/kernels/cases';
import { inTurns, stopwatch } from '../measure/rounds.ts';
import { type Timing, timingOf } from '../measure/stats.ts';
import { type Pass, passesOf } from './passes.ts';

/** One pass of one case in one variant. */
export interface CaseTiming {
  readonly op: string;
  readonly case: string;
  readonly pass: Pass['kind'];
  /** 'default' is what the adapter's own choice gives. */
  readonly variant: string;
  /** Time between timestamps on the device; missing where it has none. */
  readonly device?: Timing;
  /** Time by the clock, back to back, waiting included. */
  readonly wall: Timing;
  readonly flops?: number;
  readonly bytes: number;
}

/** Times a case forward and, where it has a gradient, backward, in every variant that this adapter can run. */
export async function timeCase(device: Device, op: string, benchmark: OpCase, rounds: number): Promise<CaseTiming[]> {
  const timings: CaseTiming[] = [];
  for (const pass of passesOf(benchmark)) {
    const values = valuesFor(benchmark, pass);
    const runs = [];
    const choices = variantChoices(pass.outputs, device.capabilities);
    for (const variants of choices.filter((choice) => Object.keys(choice).every((name) => pass.ops.has(name)))) {
      runs.push(await prepare(device, pass, variants, values));
    }
    const walls = await inTurns(
      runs.map(({ program }) => ({
        time: (times) =>
          stopwatch(async () => {
            for (let i = 0; i < times; i++) program.run();
            await device.idle();
          }),
      })),
      rounds,
    );
    const devices = await timestamps(runs, rounds);
    for (const [i, { name, program }] of runs.entries()) {
      timings.push({
        op,
        case: benchmark.name,
        pass: pass.kind,
        variant: name,
        device: devices && timingOf(devices[i]),
        wall: timingOf(walls[i]),
        flops: pass.flops,
        bytes: pass.bytes,
      });
      program.dispose();
    }
  }
  return timings;
}

interface Run {
  readonly name: string;
  readonly program: Program;
  /** Dispatches that only make what the pass reads. */
  readonly before: number;
}

async function prepare(
  device: Device,
  { outputs, made }: Pass,
  variants: Readonly<Record<string, string>>,
  values: Readonly<Record<string, HostArray>>,
): Promise<Run> {
  const named = (tensors: Pass['outputs']) => Object.fromEntries(tensors.map((tensor, i) => [`${i}`, tensor]));
  const program = await compile(device, { outputs: named(outputs), variants });
  // Programs run nodes in the order in which they were made, so these dispatches come first.
  const making = made.length > 0 ? await compile(device, { outputs: named(made), variants }) : undefined;
  const before = making?.dispatches.length ?? 0;
  making?.dispose();
  program.write(values);
  return { name: Object.values(variants).join(' ') || 'default', program, before };
}

/** Device times by run and round; undefined where the device has no timestamps. */
async function timestamps(runs: readonly Run[], rounds: number): Promise<number[][] | undefined> {
  const [{ program }] = runs;
  if (!program.device.capabilities.features.has('timestamp-query')) return undefined;
  const samples: number[][] = runs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of runs.entries()) {
      const dispatches = (await profile(run.program)).slice(run.before);
      samples[i].push(dispatches.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
    }
  }
  return samples;
}

function valuesFor(benchmark: OpCase, { inputs }: Pass): Record<string, HostArray> {
  const arrays = caseValues(benchmark.inputs);
  const result: Record<string, HostArray> = {};
  for (const { node, shape, dtype } of inputs) {
    if (node.source.kind !== 'input') continue;
    const { name } = node.source;
    const given = /^input (\d+)$/.exec(name);
    const values = given ? arrays[Number(given[1])] : caseValues([normal(shape)], 7)[0];
    result[name] = hostValues(dtype, values);
  }
  return result;
}
