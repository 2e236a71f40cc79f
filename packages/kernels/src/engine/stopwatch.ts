import type { Device } from './device.ts';
import { apply } from './op.ts';
import { compile, type Program } from './program.ts';
import { SharedMemory } from './shared-memory.ts';
import { input } from './tensor.ts';
import type { Contest, Stopwatch, Trial } from './tune.ts';

/** Times variants on a device: with its timestamps where it has them, else by the clock. */
export function stopwatchOf(device: Device): Stopwatch {
  const warm = new Set<GPUComputePipeline>();
  let compiling = 0;
  return {
    now: () => performance.now() - compiling,
    async ready(contest) {
      const memory = new SharedMemory(device);
      const started = performance.now();
      const programs = new Map<string, Program>();
      for (const variant of contest.variants)
        programs.set(variant, await compileNode(device, contest, variant, memory));
      if (await warmUp(device, [...programs.values()], warm)) compiling += performance.now() - started;
      return trialOf(device, programs, memory);
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
  const leaves = new Map(distinct.map((tensor, i) => [tensor, input(`input ${i}`, tensor.shape, tensor.dtype)]));
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
 * @returns whether there was one that had not
 */
async function warmUp(device: Device, programs: readonly Program[], warm: Set<GPUComputePipeline>): Promise<boolean> {
  const cold = programs.flatMap(dispatchesOf).filter(({ pipeline }) => !warm.has(pipeline));
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

function trialOf(device: Device, programs: ReadonlyMap<string, Program>, memory: SharedMemory): Trial {
  // Browsers round timestamps to 0.1 ms, and a clock sees the wait as well: what is short is run so often that it is not.
  let repeats = 1;
  return {
    async run(variant) {
      const program = programs.get(variant)!;
      let time = await timeOf(device, program, repeats);
      if (time * repeats < enough && repeats === 1) {
        repeats = Math.min(64, Math.ceil(enough / Math.max(time, enough / 64)));
        time = await timeOf(device, program, repeats);
      }
      return time;
    },
    dispose() {
      for (const program of programs.values()) program.dispose();
      memory.dispose();
    },
  };
}

/** Milliseconds that a measurement should take. */
const enough = 1;

/** Milliseconds of one run, the mean of several in one pass. */
async function timeOf(device: Device, program: Program, repeats: number): Promise<number> {
  const { gpu, capabilities } = device;
  const querySet = capabilities.features.has('timestamp-query')
    ? gpu.createQuerySet({ type: 'timestamp', count: 2 })
    : undefined;
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass(
    querySet && { timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } },
  );
  for (let i = 0; i < repeats; i++) {
    for (const { pipeline, bindGroup, workgroups } of dispatchesOf(program)) {
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
    return (performance.now() - started) / repeats;
  }
  const resolved = gpu.createBuffer({ size: 16, usage: 0x200 | 0x4 });
  const staging = gpu.createBuffer({ size: 16, usage: 0x1 | 0x8 });
  encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
  gpu.queue.submit([encoder.finish()]);
  await device.wait(staging.mapAsync(1) as Promise<undefined>);
  const [first, last] = new BigUint64Array(staging.getMappedRange());
  for (const resource of [querySet, resolved, staging]) resource.destroy();
  return Number(last - first) / 1e6 / repeats;
}

const dispatchesOf = ({ commands }: Program) => commands.flatMap((command) => ('pipeline' in command ? [command] : []));
