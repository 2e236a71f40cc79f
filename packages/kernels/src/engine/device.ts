import type { Graph } from '../graph.ts';
import { type Capabilities, type Choices, readCapabilities, subgroupMatrixFeature } from './capabilities.ts';
import { DeviceLostError, GpuError, NoAdapterError } from './errors.ts';
import { ShaderStage } from './flags.ts';
import { type Dispatch, type Kernel, wgslOf } from './kernel.ts';
import { missingPackage, packageName } from './missing-package.ts';
import { remember } from './remember.ts';
import { Waiter } from './wait.ts';

/** The parts that a pipeline is made from. */
type Recipe = Pick<Dispatch, 'kernel' | 'constants' | 'storage'>;

/** A WebGPU device with what the engine keeps per device: pipelines, capabilities, and every error that occurred. */
export class Device {
  readonly gpu: GPUDevice;
  readonly info: GPUAdapterInfo;
  #capabilities: Capabilities;
  readonly #owned: boolean;
  /** Rejects what waits for the device. No race against `gpu.lost`, which would keep every promise that it ever met. */
  readonly #waiting = new Set<(loss: DeviceLostError) => void>();
  #loss: DeviceLostError | undefined;
  #closed = false;
  readonly #errors: GPUError[] = [];
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #waiter: Waiter | undefined;
  /** Called by `compile` before it plans a graph (`enableAutotune`). */
  beforeCompile?: (graph: Graph<string>) => Promise<void>;
  /** Dawn crashes when the object that made the adapter is collected before its devices. */
  readonly keepAlive: unknown;

  constructor(gpu: GPUDevice, info: GPUAdapterInfo, owned: boolean, keepAlive?: unknown) {
    this.gpu = gpu;
    this.info = info;
    this.#owned = owned;
    this.keepAlive = keepAlive;
    this.#capabilities = readCapabilities(gpu, info);
    this.#waiter = typeof setImmediate === 'function' ? new Waiter() : undefined; // only Node has it
    gpu.addEventListener('uncapturederror', (event) => this.#errors.push((event as GPUUncapturedErrorEvent).error));
    gpu.lost.then(({ reason, message }) => {
      this.#loss = new DeviceLostError(`the WebGPU device was lost (${this.#closed ? 'closed' : reason}): ${message}`);
      for (const reject of this.#waiting) reject(this.#loss);
      this.#waiting.clear();
    });
  }

  /** The adapter's name, for logs and reports. */
  get name(): string {
    const { description, device, architecture, vendor } = this.info;
    return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unknown adapter';
  }

  /** Why the device is gone; undefined while it is there. */
  get loss(): DeviceLostError | undefined {
    return this.#loss;
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** Makes programs that are planned or compiled from now on take these variants in place of the fixed choice. */
  choose(choices: Choices): void {
    this.#capabilities = { ...this.#capabilities, choices };
  }

  /**
   * Awaits a promise of this device.
   * @throws DeviceLostError when the device goes away meanwhile, GpuError when a command failed
   */
  async wait<T>(promise: Promise<T>): Promise<T> {
    const settled = this.#orLoss(promise);
    const value = await (this.#waiter ? this.#waiter.wait(settled) : settled);
    this.check();
    return value;
  }

  async #orLoss<T>(promise: Promise<T>): Promise<T> {
    if (this.#loss) throw this.#loss;
    let reject!: (error: unknown) => void;
    const loss = new Promise<never>((_, rejects) => {
      reject = rejects;
    });
    this.#waiting.add(reject);
    try {
      return await Promise.race([promise, loss]);
    } catch (error) {
      if (!this.#loss) await turn(); // a loss rejects what is pending, too, and may do so first
      throw this.#loss ?? error;
    } finally {
      this.#waiting.delete(reject);
    }
  }

  /** Throws DeviceLostError if the device is gone, GpuError if a command failed since the last check. */
  check(): void {
    if (this.#loss) throw this.#loss;
    const [first] = this.#errors;
    if (!first) return;
    const more = this.#errors.length > 1 ? ` (and ${this.#errors.length - 1} more)` : '';
    this.#errors.length = 0;
    throw new GpuError(first.message + more);
  }

  /** Resolves when all submitted work is done. */
  idle(): Promise<void> {
    return this.wait(this.gpu.queue.onSubmittedWorkDone() as Promise<undefined>);
  }

  /** The layout of a kernel's only bind group, shared between kernels of the same interface. */
  layout(kernel: Kernel): GPUBindGroupLayout {
    const entries: GPUBindGroupLayoutEntry[] = Object.values(kernel.bindings).map(({ binding, access }) => ({
      binding,
      visibility: ShaderStage.COMPUTE,
      buffer: { type: access },
    }));
    for (const binding of Object.values(kernel.textures ?? {}))
      entries.push({ binding, visibility: ShaderStage.COMPUTE, texture: { sampleType: 'unfilterable-float' } });
    if (kernel.params.size > 0)
      entries.push({ binding: kernel.params.binding, visibility: ShaderStage.COMPUTE, buffer: { type: 'uniform' } });
    const key = JSON.stringify(entries);
    let layout = this.#layouts.get(key);
    if (!layout) this.#layouts.set(key, (layout = this.gpu.createBindGroupLayout({ entries, label: kernel.name })));
    return layout;
  }

  /** Compiles a kernel, once for each storage and set of override constants. */
  pipeline({ kernel, constants, storage }: Recipe): Promise<GPUComputePipeline> {
    const key = `${kernel.name} ${JSON.stringify([constants, storage])}`;
    return remember(this.#pipelines, key, () => this.#compile({ kernel, constants, storage }));
  }

  async #compile({ kernel, constants, storage }: Recipe): Promise<GPUComputePipeline> {
    const layout = this.gpu.createPipelineLayout({ bindGroupLayouts: [this.layout(kernel)] });
    this.gpu.pushErrorScope('validation');
    const module = this.gpu.createShaderModule({ code: wgslOf(kernel, storage), label: kernel.name });
    const pipeline = this.gpu.createComputePipelineAsync({
      label: kernel.name,
      layout,
      compute: { module, entryPoint: kernel.entryPoint, constants: { ...constants } },
    });
    pipeline.catch(() => {});
    const error = await this.wait(this.gpu.popErrorScope());
    if (error) throw new GpuError(`${kernel.name}.wgsl: ${error.message}`);
    try {
      return await this.wait(pipeline);
    } catch (cause) {
      throw new GpuError(`${kernel.name}.wgsl: ${(cause as Error).message}`, { cause });
    }
  }

  /** Destroys the device, unless it belongs to a host application (`wrapDevice`). */
  close(): void {
    this.#closed = true;
    if (this.#owned) this.gpu.destroy();
  }
}

/** The version of Dawn that this was tested with. */
const DAWN = 'webgpu@0.6.2';
const usedFeatures = ['shader-f16', 'subgroups', 'timestamp-query', subgroupMatrixFeature] as const;
const usedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxTextureDimension2D',
] as const;

/**
 * The limits that kernels can use, as high as the adapter has them: for a host application that opens the device itself.
 * With WebGPU's default limits everything works, more slowly: what a binding cannot hold is split or refused by name.
 */
export const requiredLimits = (adapter: GPUAdapter): Record<string, number> =>
  Object.fromEntries(usedLimits.map((limit) => [limit, adapter.limits[limit]]));

/** The features that kernels can use, as far as the adapter has them; none is needed. */
export const requiredFeatures = (adapter: GPUAdapter): GPUFeatureName[] =>
  usedFeatures.filter((feature) => adapter.features.has(feature));

/**
 * Opens the best adapter: Dawn (npm `webgpu`) in Node, the platform's WebGPU elsewhere. Asks for every feature and
 * limit that kernels can use.
 * @throws NoAdapterError when there is none; MissingPackageError in Node without `webgpu`
 */
export async function openDevice(): Promise<Device> {
  const gpu = await entryPoint();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new NoAdapterError(
      'no WebGPU adapter found: update the graphics driver, or install a software Vulkan (Mesa 24 or newer; ' +
        '`node scripts/setup.mjs` in a clone of webcir does it on Debian and Ubuntu); ' +
        'in Chromium on Linux, start it with --enable-unsafe-webgpu',
    );
  }
  const device = await adapter.requestDevice({
    requiredFeatures: requiredFeatures(adapter),
    requiredLimits: requiredLimits(adapter),
    label: 'webcir',
  });
  return new Device(device, adapter.info, true, [gpu, adapter]);
}

/** Uses a device that a host application owns: it is never destroyed here, and its limits are taken as they are. */
export function wrapDevice(device: GPUDevice, info: GPUAdapterInfo = device.adapterInfo): Device {
  return new Device(device, info, false);
}

/** A turn of the event loop, in which what has happened meanwhile comes first. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

async function entryPoint(): Promise<GPU> {
  if (typeof navigator !== 'undefined' && navigator.gpu) return navigator.gpu;
  if (typeof process === 'undefined') {
    throw new NoAdapterError(
      'this browser has no WebGPU (navigator.gpu is missing), or the page is not a secure context (https or localhost)',
    );
  }
  // Computed, since bundlers for a page would follow a constant.
  const dawn = import(/* @vite-ignore */ packageName(DAWN)) as Promise<{ create(flags: string[]): GPU }>;
  const { create } = await dawn.catch((cause) => {
    throw missingPackage(cause, DAWN, 'Node needs Dawn for WebGPU');
  });
  // Subgroup matrices count as unsafe until they are standard, and Dawn hides half precision on NVIDIA.
  return create([
    'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia',
    'disable-dawn-features=timestamp_quantization',
  ]);
}
