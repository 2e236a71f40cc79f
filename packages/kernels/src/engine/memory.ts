import { ancestors, byteLength, type Graph, type Tensor } from '../graph.ts';
import type { Capabilities } from './capabilities.ts';
import { makePlan, type Plan } from './plan.ts';
import { fitInto } from './shared-memory.ts';

/** Bytes that a program takes on a device, without stored tensors. */
export interface MemoryNeed {
  /** Buffers for intermediate values, largest first. */
  readonly slots: readonly number[];
  /** Inputs by name. */
  readonly inputs: ReadonlyMap<string, number>;
  /** Constants and parameters: what programs on one `SharedMemory` cannot share. */
  readonly own: number;
  /** The largest buffer: no device that binds less can run the program. */
  readonly largest: number;
}

/** The memory that `compile` would take for a graph. Pure: needs no device, and no memory behind stored tensors. */
export function planMemory({ outputs, updates = [] }: Graph<string>, capabilities: Capabilities): MemoryNeed {
  const kept = Object.values(outputs);
  const nodes = ancestors([...kept, ...updates]);
  const plan = makePlan(nodes, kept, capabilities, {});
  const inputs = new Map<string, number>();
  let own = paramsLayout(plan).size;
  let largest = plan.slots[0] ?? 0;
  for (const {
    source,
    outputs: [tensor],
  } of nodes) {
    if (source.kind === 'input') inputs.set(source.name, leafSize(tensor));
    else if (source.kind === 'constant') own += leafSize(tensor);
    else continue;
    largest = Math.max(largest, leafSize(tensor));
  }
  return { slots: plan.slots, inputs, own, largest };
}

/** Bytes that programs take together on one `SharedMemory`, if they are made in this order. */
export function sharedSize(needs: readonly MemoryNeed[]): number {
  const slots: number[] = [];
  for (const need of needs) fitInto(slots, need.slots);
  const inputs = new Map(needs.flatMap((need) => [...need.inputs].map(([name, size]) => [`${name} ${size}`, size])));
  return [...slots, ...inputs.values(), ...needs.map(({ own }) => own)].reduce((sum, size) => sum + size, 0);
}

/** Bytes of the buffer of an input or a constant. */
export const leafSize = (tensor: Tensor): number => Math.ceil(byteLength(tensor) / 16) * 16;

/** Offset of each dispatch's parameter struct in the program's one uniform buffer. */
export function paramsLayout({ steps }: Plan): { size: number; offsets: ReadonlyMap<number, number> } {
  const offsets = new Map<number, number>();
  let size = 0;
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'dispatch' || step.dispatch.kernel.params.size === 0) continue;
    offsets.set(index, size);
    size += Math.ceil(step.dispatch.kernel.params.size / 256) * 256;
  }
  return { size, offsets };
}
