import {
  ancestors,
  byteLength,
  elements,
  formatShape,
  type Graph,
  type HostArray,
  type Region,
  type Tensor,
} from '../graph.ts';
import type { Device } from './device.ts';
import { GpuError, OutOfMemoryError } from './errors.ts';
import { BufferUsage, MapMode } from './flags.ts';
import { hostArrays, inWords } from './host-array.ts';
import type { Dispatch } from './kernel.ts';
import { leafSize, paramsLayout } from './memory.ts';
import { makePlan, type Plan } from './plan.ts';
import { createBuffer, SharedMemory } from './shared-memory.ts';

/** Records what writes an input on the device: copies, or passes of its own. */
export type InputWriter = (encoder: GPUCommandEncoder, to: Region, queue: GPUQueue) => void;

/** Values of inputs by name, or what writes them. */
export type Inputs = Readonly<Record<string, HostArray | InputWriter>>;

export interface CompileOptions<Names extends string> extends Graph<Names> {
  /** Memory for inputs and intermediate values; the program's own unless given. */
  readonly memory?: SharedMemory;
  /** Variant by op name, instead of the choice made for the adapter. */
  readonly variants?: Readonly<Record<string, string>>;
}

interface Command {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}
interface Copy {
  readonly from: Region;
  readonly to: Region;
}

/** A buffer that outputs are copied to for reading back. */
interface Staged {
  readonly buffer: GPUBuffer;
  readonly copies: readonly { readonly name: string; readonly region: Region; readonly offset: number }[];
}

/** A compiled graph: dispatches with memory and bind groups made once, to be replayed. */
export class Program<Names extends string = string> {
  readonly device: Device;
  /** Commands in the order in which they run, with the op that each dispatch belongs to. */
  readonly commands: readonly (Command | Copy)[];
  /** Bytes of GPU memory that the program owns (stored tensors and shared memory are not counted). */
  readonly memory: number;
  readonly #inputs: ReadonlyMap<string, { tensor: Tensor; buffer: GPUBuffer }>;
  readonly #outputs: ReadonlyMap<string, { tensor: Tensor; region: Region }>;
  readonly #buffers: readonly GPUBuffer[];
  readonly #own: SharedMemory | undefined;
  /** Buffers for reading back, by the names of what is read. */
  readonly #staging = new Map<string, GPUBuffer[]>();
  #disposed = false;

  /** @internal use `compile` */
  constructor(parts: {
    device: Device;
    commands: readonly (Command | Copy)[];
    inputs: ReadonlyMap<string, { tensor: Tensor; buffer: GPUBuffer }>;
    outputs: ReadonlyMap<string, { tensor: Tensor; region: Region }>;
    /** Constants and parameters. */
    buffers: readonly GPUBuffer[];
    /** Inputs and intermediate values, unless they are shared. */
    own: SharedMemory | undefined;
  }) {
    this.device = parts.device;
    this.commands = parts.commands;
    this.#inputs = parts.inputs;
    this.#outputs = parts.outputs;
    this.#buffers = parts.buffers;
    this.#own = parts.own;
    this.memory = parts.buffers.reduce((sum, buffer) => sum + buffer.size, parts.own?.size ?? 0);
  }

  /** The dispatches in order, without copies. */
  get dispatches(): readonly Command[] {
    return this.commands.flatMap((command) => ('pipeline' in command ? [command] : []));
  }

  /**
   * Runs the program once: one submit, no wait.
   * @param inputs values by input name; an input that is left out keeps its last values
   * @throws RangeError on an unknown name or a wrong number of values, before anything is written
   */
  run(inputs: Inputs = {}): void {
    this.#submit(inputs);
  }

  /**
   * Runs the program once and resolves with these outputs: one submit, one read-back, however many there are.
   * @throws RangeError as `run` does, on an unknown output, or on one in half precision or of bytes
   */
  async runAndRead<Name extends Names>(inputs: Inputs, names: readonly Name[]): Promise<Record<Name, Float32Array>> {
    const staged = this.#stage(names);
    this.#submit(inputs, staged);
    return (await this.#collect(names, staged)) as Record<Name, Float32Array>;
  }

  /**
   * Writes the dispatches into a host application's encoder: no submit. Values are queued now, so that they must be
   * submitted before the next ones are given.
   * @param inputs as in `run`
   */
  encode(encoder: GPUCommandEncoder, inputs: Inputs = {}): void {
    this.write(inputs);
    for (const [name, writer] of Object.entries(inputs)) {
      if (typeof writer !== 'function') continue;
      const { tensor, buffer } = this.#inputs.get(name)!;
      writer(encoder, { buffer, offset: 0, size: byteLength(tensor) }, this.device.gpu.queue);
    }
    let pass: GPUComputePassEncoder | undefined;
    for (const command of this.commands) {
      if ('pipeline' in command) {
        pass ??= encoder.beginComputePass();
        pass.setPipeline(command.pipeline);
        pass.setBindGroup(0, command.bindGroup);
        pass.dispatchWorkgroups(...command.workgroups);
      } else {
        pass?.end();
        pass = undefined;
        encoder.copyBufferToBuffer(
          command.from.buffer,
          command.from.offset,
          command.to.buffer,
          command.to.offset,
          command.from.size,
        );
      }
    }
    pass?.end();
  }

  /** Queues new values for inputs; what an `InputWriter` writes comes with `encode`. Throws as `run` does. */
  write(inputs: Inputs): void {
    for (const [name, values] of Object.entries(inputs)) {
      const tensor = this.#inputs.get(name)?.tensor;
      if (!tensor)
        throw new RangeError(
          `unknown input '${name}'; this program has: ${[...this.#inputs.keys()].join(', ') || 'none'}`,
        );
      if (typeof values === 'function') continue;
      const expected = hostArrays[tensor.dtype];
      if (!(values instanceof expected) || values.length !== elements(tensor.shape)) {
        throw new RangeError(
          `input '${name}': expected a ${expected.name} of ${elements(tensor.shape)} values ` +
            `for ${formatShape(tensor.shape)}, found ${values.constructor.name} of ${values.length}`,
        );
      }
    }
    for (const [name, values] of Object.entries(inputs)) {
      if (typeof values === 'function') continue;
      this.device.gpu.queue.writeBuffer(this.#inputs.get(name)!.buffer, 0, inWords(values));
    }
  }

  /**
   * The GPU memory of an output, for a host application to bind or copy. Valid until `dispose`, or until another
   * program runs on the same shared memory.
   */
  region(name: Names): Region {
    return this.#output(name).region;
  }

  /** Frees the program's own memory. Shared memory stays. */
  dispose(): void {
    this.#disposed = true;
    for (const buffer of [...this.#buffers, ...[...this.#staging.values()].flat()]) buffer.destroy();
    this.#staging.clear();
    this.#own?.dispose();
  }

  #submit(inputs: Inputs, staged?: Staged): void {
    this.device.check();
    const encoder = this.device.gpu.createCommandEncoder();
    this.encode(encoder, inputs);
    for (const { region, offset } of staged?.copies ?? [])
      encoder.copyBufferToBuffer(region.buffer, region.offset, staged!.buffer, offset, region.size);
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Room for these outputs, one after the other in one buffer. */
  #stage(names: readonly Names[]): Staged {
    let size = 0;
    const copies = names.map((name) => {
      const { tensor, region } = this.#output(name);
      if (tensor.dtype === 'f16')
        throw new RangeError(`output '${name}' is in half precision, which is not read back: cast(x, 'f32') it`);
      if (tensor.dtype === 'i8')
        throw new RangeError(`output '${name}' is of bytes, which are not read back: dequantize(x, scale) it`);
      const offset = size;
      size += region.size;
      return { name, region, offset };
    });
    const buffer =
      this.#staging.get(names.join())?.pop() ??
      this.device.gpu.createBuffer({
        size,
        usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
        label: `read ${names.join(', ')}`,
      });
    return { buffer, copies };
  }

  async #collect(names: readonly Names[], { buffer, copies }: Staged): Promise<Record<string, Float32Array>> {
    await this.device.wait(buffer.mapAsync(MapMode.READ) as Promise<undefined>);
    const mapped = buffer.getMappedRange();
    const values = copies.map(
      ({ name, offset, region }) => [name, new Float32Array(mapped.slice(offset, offset + region.size))] as const,
    );
    buffer.unmap();
    if (this.#disposed) buffer.destroy();
    else this.#staging.set(names.join(), [...(this.#staging.get(names.join()) ?? []), buffer]);
    return Object.fromEntries(values);
  }

  #output(name: string) {
    const output = this.#outputs.get(name);
    if (!output)
      throw new RangeError(
        `unknown output '${name}'; this program has: ${[...this.#outputs.keys()].join(', ') || 'none'}`,
      );
    return output;
  }
}

/**
 * Turns a graph into a program for one device. Kernels are the fixed choice for the adapter or, if the device autotunes
 * (`enableAutotune`), those that timing chose.
 * @throws GpuError when a kernel does not compile or a tensor is larger than the device can bind, OutOfMemoryError
 */
export async function compile<Names extends string>(
  device: Device,
  options: CompileOptions<Names>,
): Promise<Program<Names>> {
  const { outputs, updates = [], variants = {}, memory: shared = new SharedMemory(device) } = options;
  // A program with forced variants is a trial, or a test of one.
  if (!options.variants) await device.beforeCompile?.({ outputs, updates });
  const kept = Object.values<Tensor>(outputs);
  const nodes = ancestors([...kept, ...updates]);
  const plan = makePlan(nodes, kept, device.capabilities, variants);
  const pipelines = await pipelinesOf(device, plan);
  device.gpu.pushErrorScope('out-of-memory');
  device.gpu.pushErrorScope('validation');
  const memory = new Memory(device, plan, nodes, shared);
  const params = packParams(device, plan);
  const commands = plan.steps.map((step, index): Command | Copy => {
    if (step.kind === 'copy') {
      const to = memory.region(step.to);
      return { from: memory.region(step.from), to: { ...to, offset: to.offset + step.offset } };
    }
    const bindGroup = createBindGroup(device, step.dispatch, memory, params, index);
    return { label: step.label, pipeline: pipelines[index]!, bindGroup, workgroups: step.dispatch.workgroups };
  });
  const [invalid, outOfMemory] = await Promise.all([
    device.wait(device.gpu.popErrorScope()),
    device.wait(device.gpu.popErrorScope()),
  ]);
  const buffers = [...memory.buffers, ...(params ? [params.buffer] : [])];
  const own = options.memory ? undefined : shared;
  if (invalid || outOfMemory) {
    for (const buffer of buffers) buffer.destroy();
    own?.dispose();
    throw outOfMemory ? new OutOfMemoryError(outOfMemory.message) : new GpuError(invalid!.message);
  }
  return new Program({
    device,
    commands,
    inputs: memory.inputs,
    outputs: new Map(
      Object.entries<Tensor>(outputs).map(([name, tensor]) => [name, { tensor, region: memory.region(tensor) }]),
    ),
    buffers,
    own,
  });
}

/**
 * Compiles the kernels of a graph, for a `compile` of one like it to find them ready: the stored tensors need no memory
 * yet (`StoreLayout.plan`), so that this can go on while weights are fetched and copied.
 * @throws GpuError when a kernel does not compile; `compile` then throws it, too
 */
export async function compileAhead(device: Device, { outputs, updates = [] }: Graph<string>): Promise<void> {
  const kept = Object.values(outputs);
  await pipelinesOf(device, makePlan(ancestors([...kept, ...updates]), kept, device.capabilities, {}));
}

const pipelinesOf = (device: Device, { steps }: Plan): Promise<(GPUComputePipeline | undefined)[]> =>
  Promise.all(steps.map((step) => (step.kind === 'dispatch' ? device.pipeline(step.dispatch) : undefined)));

/** The buffers of a plan and the region of each tensor in them. */
class Memory {
  /** Buffers of constants. */
  readonly buffers: GPUBuffer[] = [];
  readonly inputs = new Map<string, { tensor: Tensor; buffer: GPUBuffer }>();
  readonly #plan: Plan;
  readonly #slots: readonly GPUBuffer[];
  readonly #leaves = new Map<Tensor, Region>();

  constructor(device: Device, plan: Plan, nodes: ReturnType<typeof ancestors>, shared: SharedMemory) {
    this.#plan = plan;
    this.#slots = shared.take(plan.slots);
    for (const node of nodes) {
      const [tensor] = node.outputs;
      const { source } = node;
      if (source.kind === 'stored') {
        if (!source.region) throw new TypeError(`${source.name} has no memory: its graph can be planned, not compiled`);
        this.#leaves.set(tensor, source.region);
      } else if (source.kind === 'input') {
        const { name } = source;
        if (this.inputs.has(name)) throw new RangeError(`two inputs are named '${name}'`);
        const buffer = shared.input(name, leafSize(tensor));
        this.#leaves.set(tensor, { buffer, offset: 0, size: byteLength(tensor) });
        this.inputs.set(name, { tensor, buffer });
      } else if (source.kind === 'constant') {
        const buffer = createBuffer(device, leafSize(tensor), 'constant');
        this.buffers.push(buffer);
        this.#leaves.set(tensor, { buffer, offset: 0, size: byteLength(tensor) });
        device.gpu.queue.writeBuffer(buffer, 0, source.data as Float32Array<ArrayBuffer>);
      }
    }
  }

  region(tensor: Tensor): Region {
    const placement = this.#plan.placements.get(tensor)!;
    if ('leaf' in placement) return this.#leaves.get(placement.leaf)!;
    const buffer = this.#slots[placement.slot];
    return { buffer, offset: placement.offset, size: Math.min(byteLength(tensor), buffer.size - placement.offset) };
  }
}

/** All parameter structs of a program in one uniform buffer. */
function packParams(
  device: Device,
  plan: Plan,
): { buffer: GPUBuffer; offsets: ReadonlyMap<number, number> } | undefined {
  const { size, offsets } = paramsLayout(plan);
  if (size === 0) return undefined;
  const view = new DataView(new ArrayBuffer(size));
  for (const [index, start] of offsets) {
    const { kernel, params } = (plan.steps[index] as { dispatch: Dispatch }).dispatch;
    for (const [i, [name, type]] of Object.entries(kernel.params.fields).entries()) {
      if (type === 'f32') view.setFloat32(start + 4 * i, params[name], true);
      else view.setInt32(start + 4 * i, params[name], true); // the same bits for u32
    }
  }
  const buffer = device.gpu.createBuffer({
    size,
    usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST,
    label: 'parameters',
  });
  device.gpu.queue.writeBuffer(buffer, 0, view.buffer as ArrayBuffer);
  return { buffer, offsets };
}

function createBindGroup(
  device: Device,
  { kernel, bindings }: Dispatch,
  memory: Memory,
  params: { buffer: GPUBuffer; offsets: ReadonlyMap<number, number> } | undefined,
  index: number,
): GPUBindGroup {
  const entries: GPUBindGroupEntry[] = Object.entries(kernel.bindings).map(([name, { binding }]) => {
    const { buffer, offset, size } = memory.region(bindings[name]);
    return { binding, resource: { buffer, offset, size: Math.max(16, Math.ceil(size / 16) * 16) } };
  });
  if (params && kernel.params.size > 0) {
    entries.push({
      binding: kernel.params.binding,
      resource: { buffer: params.buffer, offset: params.offsets.get(index)!, size: kernel.params.size },
    });
  }
  return device.gpu.createBindGroup({ layout: device.layout(kernel), entries, label: kernel.name });
}
