import type { Capabilities } from './capabilities.ts';
import { ancestors } from './gradients.ts';
import { makePlan, type Plan } from './plan.ts';
import type { Graph } from './program.ts';
import { fitInto } from './shared-memory.ts';
import { byteLength, type Source, type Tensor } from './tensor.ts';

/** What a program takes on a device, in bytes, stored tensors not counted. */
export interface MemoryNeed {
  /** Buffers for intermediate values, largest first: what programs that take turns can share (`SharedMemory`). */
  readonly slots: readonly number[];
  /** Inputs, constants and parameters. */
  readonly own: number;
  /** The largest buffer: no device that binds less can run the program. */
  readonly largest: number;
}

/** What `compile` would take for a graph. Pure: needs no device, and no memory behind stored tensors. */
export function planMemory({ outputs, updates = [] }: Graph<string>, capabilities: Capabilities): MemoryNeed {
  const kept = Object.values(outputs);
  const nodes = ancestors([...kept, ...updates]);
  const plan = makePlan(nodes, kept, capabilities, {});
  const leaves = nodes.filter(({ source }) => isOwned(source)).map(({ outputs: [tensor] }) => leafSize(tensor));
  return {
    slots: plan.slots,
    own: leaves.reduce((sum, size) => sum + size, 0) + paramsLayout(plan).size,
    largest: Math.max(0, ...plan.slots, ...leaves),
  };
}

/** Bytes that several programs take together when they take turns on shared memory. */
export function sharedSize(needs: readonly MemoryNeed[]): number {
  const owned: number[] = [];
  for (const { slots } of needs) fitInto(owned, slots);
  return [...owned, ...needs.map(({ own }) => own)].reduce((sum, size) => sum + size, 0);
}

/** A leaf whose memory is part of the program. */
export const isOwned = (source: Source): source is Extract<Source, { kind: 'input' | 'constant' }> =>
  source.kind === 'input' || source.kind === 'constant';

/** Of the buffer of an input or a constant. */
export const leafSize = (tensor: Tensor): number => Math.ceil(byteLength(tensor) / 16) * 16;

/** Where each dispatch's parameter struct lies in the program's one uniform buffer. */
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
