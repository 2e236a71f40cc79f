import type { Device } from './device.ts';
import { GpuError } from './errors.ts';
import { BufferUsage } from './flags.ts';
import type { MemoryNeed } from './memory.ts';

/**
 * Memory for programs that take turns, such as one training step at different text lengths: together they need little
 * more than the largest of them. What a program leaves there is overwritten by the next one, so results must be read in
 * the same submit (`runAndRead`). Inputs of one name and size share one buffer: an input that is left out keeps what
 * any of the programs was last given.
 */
export class SharedMemory {
  readonly #device: Device;
  readonly #slots: GPUBuffer[] = [];
  readonly #inputs = new Map<string, GPUBuffer>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** Size in bytes. */
  get size(): number {
    return this.#buffers.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Makes room for a program ahead of others that need less: programs take the least memory if the largest goes first.
   * Does nothing for a program that the device cannot run.
   */
  reserve({ slots, largest }: MemoryNeed): void {
    if (largest <= this.#device.capabilities.maxBindingSize) this.take(slots);
  }

  /**
   * Buffers of at least these sizes for one program's intermediate values: those of earlier programs, and new ones
   * where those are too small.
   * @param sizes largest first
   * @throws GpuError when one is larger than the device can bind
   */
  take(sizes: readonly number[]): GPUBuffer[] {
    const owned = this.#slots.map(({ size }) => size);
    const taken = fitInto(owned, sizes);
    for (const size of owned.slice(this.#slots.length)) {
      this.#slots.push(createBuffer(this.#device, size, `slot ${this.#slots.length}`));
    }
    return taken.map((index) => this.#slots[index]);
  }

  /** The buffer of an input, for every program that has it. Throws as `take` does. */
  input(name: string, size: number): GPUBuffer {
    const key = `${name} ${size}`;
    const buffer = this.#inputs.get(key) ?? createBuffer(this.#device, size, name);
    this.#inputs.set(key, buffer);
    return buffer;
  }

  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#slots.length = 0;
    this.#inputs.clear();
  }

  get #buffers(): GPUBuffer[] {
    return [...this.#slots, ...this.#inputs.values()];
  }
}

/** A buffer that programs can bind. Throws GpuError when the device binds no buffer that large. */
export function createBuffer({ capabilities, gpu }: Device, size: number, label: string): GPUBuffer {
  if (size > capabilities.maxBindingSize) {
    throw new GpuError(
      `${label} needs ${size} bytes, the maxStorageBufferBindingSize of this device is ${capabilities.maxBindingSize}: ` +
        'use a smaller batch, or ask for the limits of the adapter (requiredLimits)',
    );
  }
  return gpu.createBuffer({ size, usage: BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST, label });
}

/**
 * Finds a buffer for each wanted size, the smallest that is large enough and not taken yet.
 * @param owned sizes of the buffers; those that are missing are added to it
 * @param wanted largest first
 * @returns for each wanted size the index of its buffer
 */
export function fitInto(owned: number[], wanted: readonly number[]): number[] {
  const free = new Set(owned.keys());
  return wanted.map((size) => {
    let found: number | undefined;
    for (const index of free) {
      if (owned[index] >= size && (found === undefined || owned[index] < owned[found])) found = index;
    }
    if (found === undefined) return owned.push(size) - 1;
    free.delete(found);
    return found;
  });
}
