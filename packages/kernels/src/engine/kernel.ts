import { type DType, formatShape, type Tensor } from '../graph.ts';
import { type Storage, withStorage } from './storage.ts';
import { unroll, type Variables } from './unroll.ts';

export interface KernelParams<Fields extends string> {
  /** Binding number of the uniform struct; -1 where the kernel has none. */
  readonly binding: number;
  readonly size: number;
  /** Types of the fields, in order: all take four bytes. */
  readonly fields: Readonly<Record<Fields, 'u32' | 'i32' | 'f32'>>;
}

/**
 * What a binding may be bound to: 'f32', a tensor of floats; 'stored', one of floats, of halves or, where it is only
 * read, of bytes (`array<stored4>`); 'words', 32-bit words that the kernel interprets itself.
 */
export type Holds = 'f32' | 'stored' | 'words';

export interface KernelBinding {
  readonly binding: number;
  readonly access: GPUBufferBindingType;
  readonly holds: Holds;
}

/** A hand-written WGSL kernel, as `scripts/generate.mjs` reads it out of its file. */
export interface Kernel<
  Bindings extends string = string,
  Params extends string = string,
  Constants extends string = string,
> {
  readonly name: string;
  readonly entryPoint: string;
  /** The text as written; `wgslOf` makes WGSL from it. */
  readonly code: string;
  /** Variables of the text, if several kernels share it. */
  readonly sizes?: Variables;
  /** Workgroup size in x, y, z; zero where it is an override. */
  readonly workgroupSize: readonly number[];
  /** WebGPU features that the code enables. */
  readonly features: readonly string[];
  readonly bindings: Readonly<Record<Bindings, KernelBinding>>;
  /** Binding numbers of the textures that it reads, 2D and of floats. Programs have none: see textures/. */
  readonly textures?: Readonly<Record<string, number>>;
  readonly params: KernelParams<Params>;
  /** Names of the WGSL overrides. */
  readonly constants: readonly Constants[];
}

/** One kernel with what it is bound to: data, not yet commands. */
export interface Dispatch {
  readonly kernel: Kernel;
  readonly bindings: Readonly<Record<string, Tensor>>;
  readonly params: Readonly<Record<string, number>>;
  readonly constants: Readonly<Record<string, number>>;
  /** Storage that the kernel's text is made for. */
  readonly storage: Storage;
  readonly workgroups: readonly [number, number, number];
}

export type Grid = readonly [number, number?, number?];

/** Dtypes of what is bound to a binding of floats, and to an `array<stored4>` that is written, or read alone. */
const plain: readonly DType[] = ['f32'];
const written: readonly DType[] = ['f32', 'f16'];
const read: readonly DType[] = ['f32', 'f16', 'i8'];

/**
 * Binds a kernel. A missing or misspelt binding, parameter or override is a compile error.
 * @param grid workgroups in x, y, z; WebGPU allows 65,535 each (see `linearGrid`)
 * @throws TypeError if a tensor is stored in a way that its binding does not take
 */
export function dispatch<B extends string, P extends string, C extends string>(
  kernel: Kernel<B, P, C>,
  bindings: Readonly<Record<B, Tensor>>,
  params: Readonly<Record<P, number>>,
  grid: Grid,
  constants?: Readonly<Record<C, number>>,
): Dispatch {
  const storage: Record<string, DType> = {};
  for (const [name, { holds, access }] of Object.entries<KernelBinding>(kernel.bindings)) {
    const { dtype, shape } = bindings[name as B];
    const taken = holds === 'stored' ? (access === 'storage' ? written : read) : plain;
    if (holds !== 'words' && !taken.includes(dtype)) {
      const expected = taken.join(' or ');
      throw new TypeError(`${kernel.name}.wgsl: ${name} takes ${expected}, found ${dtype}${formatShape(shape)}`);
    }
    if (holds === 'stored') storage[name] = dtype;
  }
  return {
    kernel: kernel as unknown as Kernel,
    bindings,
    params,
    constants: constants ?? {},
    storage,
    workgroups: [grid[0], grid[1] ?? 1, grid[2] ?? 1],
  };
}

/**
 * A grid for `threads` threads in workgroups of `workgroupSize`, folded into two dimensions if one holds too few. The
 * kernel's index is then `(workgroup_id.y * num_workgroups.x + workgroup_id.x) * workgroupSize + local_index`, and it
 * must check it against its own count.
 */
export function linearGrid(threads: number, workgroupSize: number): [number, number, number] {
  const groups = Math.ceil(threads / workgroupSize);
  const rows = Math.ceil(groups / 65535);
  return [Math.ceil(groups / rows), rows, 1];
}

/** The WGSL of a kernel for tensors stored in this way. */
export const wgslOf = ({ code, sizes }: Pick<Kernel, 'code' | 'sizes'>, storage: Storage): string =>
  withStorage(unroll(code, sizes), storage);
