import type { Program } from './program.ts';
import { submitTimed } from './timestamps.ts';

/** One dispatch of a program, timed on the device. */
export interface DispatchTime {
  readonly op: string;
  readonly kernel: string;
  readonly workgroups: readonly [number, number, number];
  readonly milliseconds: number;
}

/**
 * Runs a program once with every dispatch in a pass of its own, between two timestamps. Inputs keep what they were last
 * given; run the program once before, so that drivers have compiled what they compile at first use.
 * @throws TypeError when the device has no timestamp queries
 */
export async function profile(program: Program): Promise<DispatchTime[]> {
  const { device } = program;
  if (!device.capabilities.features.has('timestamp-query'))
    throw new TypeError(`${device.name} has no timestamp queries`);
  const commands = program.dispatches;
  const times: DispatchTime[] = [];
  const maxDispatches = 2048; // in one query set of at most 4096 timestamps
  for (let start = 0; start < commands.length; start += maxDispatches) {
    const part = commands.slice(start, start + maxDispatches);
    const querySet = device.gpu.createQuerySet({ type: 'timestamp', count: 2 * part.length });
    const encoder = device.gpu.createCommandEncoder();
    for (const [i, { pipeline, bindGroup, workgroups }] of part.entries()) {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
      pass.end();
    }
    const stamps = await submitTimed(device, encoder, querySet);
    for (const [i, { label, pipeline, workgroups }] of part.entries()) {
      times.push({
        op: label,
        kernel: pipeline.label,
        workgroups,
        milliseconds: Number(stamps[2 * i + 1] - stamps[2 * i]) / 1e6,
      });
    }
  }
  return times;
}
