import { byteLength, createNode, type Node, type Tensor } from '../graph.ts';
import type { Capabilities } from './capabilities.ts';
import type { Dispatch } from './kernel.ts';
import { chosenVariant } from './variants.ts';

export type Step =
  | { readonly kind: 'dispatch'; readonly dispatch: Dispatch; readonly label: string }
  | { readonly kind: 'copy'; readonly from: Tensor; readonly to: Tensor; readonly offset: number };

/** Place of a tensor: in a buffer of the program, or wherever its leaf says (input, stored, constant). */
export type Placement = { readonly slot: number; readonly offset: number } | { readonly leaf: Tensor };

export interface Plan {
  readonly steps: readonly Step[];
  readonly placements: ReadonlyMap<Tensor, Placement>;
  /** Sizes in bytes of the buffers that the program owns. */
  readonly slots: readonly number[];
}

const alignment = 256;
const placeholder = 16;

/** A piece of memory and the steps during which it must not be reused. */
interface Block {
  size: number;
  first: number;
  last: number;
}

/**
 * Turns nodes, in the order in which they run, into steps and a memory plan. Pure: touches no device.
 * @param kept tensors that must survive the run
 * @param forced variant by op name, in place of the choice made for the adapter
 */
export function makePlan(
  nodes: readonly Node[],
  kept: readonly Tensor[],
  capabilities: Capabilities,
  forced: Readonly<Record<string, string>>,
): Plan {
  const readers = countReaders(nodes);
  const isRead = (tensor: Tensor) => kept.includes(tensor) || (readers.get(tensor) ?? 0) > 0;
  const blocks = new Map<Tensor, Block>();
  const homes = new Map<Tensor, { base: Tensor; offset: number }>();
  const steps: Step[] = [];

  const home = (tensor: Tensor): { base: Tensor; offset: number } => {
    const known = homes.get(tensor);
    if (!known) return { base: tensor, offset: 0 };
    const outer = home(known.base);
    return { base: outer.base, offset: outer.offset + known.offset };
  };
  const touch = (tensor: Tensor, step: number) => {
    const { base } = home(tensor);
    if (base.node.source.kind !== 'op' && base.node.source.kind !== 'scratch') return;
    const block = blocks.get(base);
    if (!block) {
      const size = isRead(base) || base.node.source.kind === 'scratch' ? byteLength(base) : placeholder;
      blocks.set(base, { size: Math.ceil(size / alignment) * alignment, first: step, last: step });
    } else {
      block.first = Math.min(block.first, step);
      block.last = Math.max(block.last, step);
    }
  };

  // Views and gathered inputs come first: both decide where a tensor lies before anything is placed.
  for (const node of nodes) {
    if (node.source.kind !== 'op') continue;
    const { definition, inputs, attributes } = node.source;
    for (const [index, from] of (definition.aliases ?? []).entries()) {
      if (from !== undefined) homes.set(node.outputs[index], { base: inputs[from], offset: 0 });
    }
    for (const [index, offset] of (definition.gathers?.(attributes) ?? []).entries()) {
      const { base } = home(inputs[index]);
      if (canWriteInto(inputs[index], readers, kept)) homes.set(base, { base: node.outputs[0], offset });
      else steps.push({ kind: 'copy', from: inputs[index], to: node.outputs[0], offset }); // put in order below
    }
  }
  const copies = steps.splice(0);

  for (const node of nodes) {
    if (node.source.kind !== 'op') continue;
    const { definition, inputs, attributes } = node.source;
    const step = steps.length;
    for (const tensor of [...inputs, ...node.outputs]) touch(tensor, step);
    for (const copy of copies) if (copy.kind === 'copy' && copy.to.node === node) steps.push(copy);
    const dispatches = definition.launch({
      inputs,
      outputs: node.outputs,
      attributes,
      capabilities,
      variant: forced[definition.name] ?? chosenVariant(node.source, capabilities),
      used: isRead,
      scratch: (shape, dtype = 'f32') => {
        const [tensor] = createNode({ kind: 'scratch' }, [{ shape, dtype }]).outputs;
        touch(tensor, step);
        return tensor;
      },
    });
    for (const dispatch of dispatches) {
      steps.push({ kind: 'dispatch', dispatch, label: definition.name });
      for (const tensor of Object.values(dispatch.bindings)) touch(tensor, steps.length - 1);
    }
    for (const tensor of [...inputs, ...node.outputs]) touch(tensor, Math.max(step, steps.length - 1));
  }
  for (const tensor of kept) touch(tensor, Number.POSITIVE_INFINITY);

  const { slots, slotOf } = assignSlots(blocks);
  const placements = new Map<Tensor, Placement>();
  const place = (tensor: Tensor) => {
    const { base, offset } = home(tensor);
    const slot = slotOf.get(base);
    placements.set(tensor, slot === undefined ? { leaf: base } : { slot, offset });
  };
  for (const tensor of kept) place(tensor);
  for (const step of steps) {
    if (step.kind === 'copy') [step.from, step.to].forEach(place);
    else Object.values(step.dispatch.bindings).forEach(place);
  }
  return { steps, placements, slots };
}

function countReaders(nodes: readonly Node[]): Map<Tensor, number> {
  const readers = new Map<Tensor, number>();
  for (const { source } of nodes) {
    if (source.kind === 'op') for (const tensor of source.inputs) readers.set(tensor, (readers.get(tensor) ?? 0) + 1);
  }
  return readers;
}

/** Whether a tensor's producer may write straight into a gathering buffer: nothing else may read that memory. */
function canWriteInto(tensor: Tensor, readers: ReadonlyMap<Tensor, number>, kept: readonly Tensor[]): boolean {
  const { source } = tensor.node;
  if (source.kind !== 'op' || readers.get(tensor) !== 1 || kept.includes(tensor)) return false;
  const from = source.definition.aliases?.[tensor.index];
  return from === undefined ? true : canWriteInto(source.inputs[from], readers, kept);
}

/** Places blocks, largest first, each into the first buffer that is free during its steps. */
function assignSlots(blocks: ReadonlyMap<Tensor, Block>): { slots: number[]; slotOf: Map<Tensor, number> } {
  const slots: number[] = [];
  const taken: Block[][] = [];
  const slotOf = new Map<Tensor, number>();
  for (const [tensor, block] of [...blocks].sort(([, a], [, b]) => b.size - a.size)) {
    let slot = taken.findIndex((others) =>
      others.every((other) => other.last < block.first || block.last < other.first),
    );
    if (slot < 0) {
      slot = slots.push(block.size) - 1;
      taken.push([]);
    }
    taken[slot].push(block);
    slotOf.set(tensor, slot);
  }
  return { slots, slotOf };
}
