import { createNode, elements } from '../graph.ts';
import type { Contest, Stopwatch, Trial } from './autotune.ts';
import type { Device } from './device.ts';
import { apply } from './op.ts';
import { compile, type Program } from './program.ts';
import { SharedMemory } from './shared-memory.ts';
import { submitTimed } from './timestamps.ts';

/** Times variants on a device: with its timestamps where it has them, else by the clock. */
export function stopwatchOf(device: Device): Stopwatch {
  const warm = new Set<GPUComputePipeline>();
  let compiling = 0;
  return {
    now: () => performance.now() - compiling,
    async ready(contest) {
      const memory = new SharedMemory(device);
      const programs = new Map<string, Program>();
      const dispose = () => {
        for (const program of programs.values()) program.dispose();
        memory.dispose();
      };
      try {
        for (const [i, variant] of contest.variants.entries()) {
          const started = performance.now();
          const program = await compileNode(device, contest, variant, memory);
          programs.set(variant, program);
          if ((await warmUp(device, program, warm)) && i === 0) compiling += performance.now() - started;
        }
      } catch (error) {
        dispose();
        throw error;
      }
      return { run: timer(device, programs), dispose };
    },
  };
}

/** A program of one node whose inputs are zeros. */
function compileNode(
  device: Device,
  { source, used }: Contest,
  variant: string,
  memory: SharedMemory,
): Promise<Program> {
  const { definition, attributes } = source;
  const distinct = [...new Set(source.inputs)];
  const leaves = new Map(
    // `input` would not do: it makes none in half precision. Nothing writes these.
    distinct.map((tensor, i) => [tensor, createNode({ kind: 'input', name: `input ${i}` }, [tensor]).outputs[0]]),
  );
  const results = apply(
    definition,
    source.inputs.map((tensor) => leaves.get(tensor)!),
    attributes,
  );
  const outputs = Object.fromEntries(used.map((index) => [`output ${index}`, results[index]]));
  return compile(device, { outputs, variants: { [definition.name]: variant }, memory });
}

/**
 * Some drivers (lavapipe) compile a kernel when it first runs: one workgroup will do.
 * @param warm pipelines that have run; those that have not are added
 * @returns whether any had not run before
 */
async function warmUp(device: Device, program: Program, warm: Set<GPUComputePipeline>): Promise<boolean> {
  const cold = program.dispatches.filter(({ pipeline }) => !warm.has(pipeline));
  if (cold.length === 0) return false;
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const { pipeline, bindGroup } of cold) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(1);
    warm.add(pipeline);
  }
  pass.end();
  device.gpu.queue.submit([encoder.finish()]);
  await device.idle();
  return true;
}

/** Milliseconds that a measurement should take. */
const targetTime = 3;
/** Workgroups that a shortened grid keeps: enough that one more or less makes no difference. */
const minWorkgroups = 64;

/**
 * Short programs run several times, since browsers round timestamps to 0.1 ms and a clock also sees the wait. Long ones
 * run on a part of their grid.
 */
function timer(device: Device, programs: ReadonlyMap<string, Program>): Trial['run'] {
  let amount: number | undefined;
  return async (variant) => {
    const program = programs.get(variant)!;
    amount ??= Math.min(64, targetTime / (await timeOf(device, program, 0)));
    return timeOf(device, program, amount);
  };
}

/**
 * Milliseconds that one run of a program would take.
 * @param amount how much of it is run: more than one run, or less
 */
async function timeOf(device: Device, program: Program, amount: number): Promise<number> {
  const { gpu, capabilities } = device;
  const repeats = Math.max(1, Math.floor(amount));
  const parts = program.dispatches.map((command) => ({ ...command, ...shortened(command.workgroups, amount) }));
  const runs = (repeats * parts.reduce((sum, { share }) => sum + share, 0)) / parts.length;
  const querySet = capabilities.features.has('timestamp-query')
    ? gpu.createQuerySet({ type: 'timestamp', count: 2 })
    : undefined;
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass(
    querySet && { timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } },
  );
  for (let i = 0; i < repeats; i++) {
    for (const { pipeline, bindGroup, workgroups } of parts) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
  }
  pass.end();
  if (!querySet) {
    const started = performance.now();
    gpu.queue.submit([encoder.finish()]);
    await device.idle();
    return (performance.now() - started) / runs;
  }
  const [first, last] = await submitTimed(device, encoder, querySet);
  return Number(last - first) / 1e6 / runs;
}

type Grid = readonly [number, number, number];

/** Cuts a grid down to about this share, along its longest axes first; with the share that it came to. */
function shortened(grid: Grid, share: number): { workgroups: Grid; share: number } {
  const all = elements(grid);
  const wanted = Math.max(minWorkgroups, all * share);
  const workgroups: [number, number, number] = [...grid];
  for (const axis of [0, 1, 2].sort((a, b) => grid[b] - grid[a])) {
    const others = elements(workgroups) / workgroups[axis];
    workgroups[axis] = Math.min(workgroups[axis], Math.ceil(wanted / others));
  }
  return { workgroups, share: elements(workgroups) / all };
}
