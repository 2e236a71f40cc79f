import type { Device } from './device.ts';
import { byteLength, elements, formatShape, type Region, type Shape, stored, type Tensor } from './tensor.ts';

export interface StoreEntry {
  readonly name: string;
  readonly shape: Shape;
}

const alignment = 256;

/**
 * Named float32 tensors that outlive programs (weights, optimizer state), side by side in a few large buffers, so that an
 * optimizer updates all of them in as many dispatches as there are buffers.
 */
export class TensorStore {
  readonly device: Device;
  readonly entries: readonly StoreEntry[];
  /** Each buffer as one flat tensor, padding included. */
  readonly flat: readonly Tensor[];
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #chunks: readonly (readonly StoreEntry[])[];

  private constructor(device: Device, chunks: readonly (readonly StoreEntry[])[], label: string) {
    this.device = device;
    this.#chunks = chunks;
    this.entries = chunks.flat();
    const tensors = new Map<string, Tensor>();
    this.flat = chunks.map((chunk, index) => {
      const size = chunk.reduce((sum, { shape }) => sum + paddedSize(shape), 0);
      const buffer = device.gpu.createBuffer({ size, usage: 0x80 | 0x4 | 0x8, label: `${label} ${index}` });
      let offset = 0;
      for (const { name, shape } of chunk) {
        if (tensors.has(name)) throw new RangeError(`two tensors are named '${name}'`);
        tensors.set(name, stored(name, { buffer, offset, size: elements(shape) * 4 }, shape));
        offset += paddedSize(shape);
      }
      return stored(`${label} ${index}`, { buffer, offset: 0, size }, [size / 4]);
    });
    this.#tensors = tensors;
  }

  /** Makes a store of zeros. Throws RangeError where one tensor is larger than a binding of the device. */
  static create(device: Device, entries: readonly StoreEntry[], label = 'store'): TensorStore {
    const limit = Math.min(device.capabilities.maxBindingSize, 2 ** 27);
    const chunks: StoreEntry[][] = [];
    let room = 0;
    for (const entry of entries) {
      const size = paddedSize(entry.shape);
      if (size > device.capabilities.maxBindingSize) {
        throw new RangeError(
          `${entry.name} ${formatShape(entry.shape)} needs ${size} bytes, this device binds at most ${device.capabilities.maxBindingSize}`,
        );
      }
      if (chunks.length === 0 || size > room) {
        chunks.push([]);
        room = limit;
      }
      chunks[chunks.length - 1].push(entry);
      room -= size;
    }
    return new TensorStore(device, chunks, label);
  }

  /** A store of the same layout, filled with zeros. */
  createLike(label: string): TensorStore {
    return new TensorStore(this.device, this.#chunks, label);
  }

  /** Names and byte offsets of the tensors in each flat buffer. */
  layout(chunk: number): { name: string; offset: number }[] {
    let offset = 0;
    return this.#chunks[chunk].map(({ name, shape }) => {
      const here = offset;
      offset += paddedSize(shape);
      return { name, offset: here };
    });
  }

  /** The graph's handle of a tensor. */
  tensor(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new RangeError(`no tensor named '${name}' in this store`);
    return tensor;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** Queues new values for one tensor. */
  write(name: string, values: Float32Array): void {
    const tensor = this.tensor(name);
    if (values.length !== elements(tensor.shape)) {
      throw new RangeError(
        `${name} ${formatShape(tensor.shape)} needs ${elements(tensor.shape)} values, found ${values.length}`,
      );
    }
    const { buffer, offset } = regionOf(tensor);
    this.device.gpu.queue.writeBuffer(buffer, offset, values as Float32Array<ArrayBuffer>);
  }

  /** Reads every tensor back, by name. */
  async read(): Promise<Map<string, Float32Array>> {
    const result = new Map<string, Float32Array>();
    for (const [index, flat] of this.flat.entries()) {
      const { buffer } = regionOf(flat);
      const staging = this.device.gpu.createBuffer({ size: byteLength(flat), usage: 0x1 | 0x8 });
      const encoder = this.device.gpu.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, byteLength(flat));
      this.device.gpu.queue.submit([encoder.finish()]);
      await this.device.wait(staging.mapAsync(1) as Promise<undefined>);
      const bytes = staging.getMappedRange().slice(0);
      staging.destroy();
      for (const { name, offset } of this.layout(index)) {
        result.set(name, new Float32Array(bytes, offset, elements(this.tensor(name).shape)));
      }
    }
    return result;
  }

  dispose(): void {
    for (const flat of this.flat) regionOf(flat).buffer.destroy();
  }
}

const paddedSize = (shape: Shape): number => Math.ceil((elements(shape) * 4) / alignment) * alignment;

function regionOf(tensor: Tensor): Region {
  const { source } = tensor.node;
  if (source.kind !== 'stored') throw new TypeError('not a stored tensor');
  return source.region;
}
