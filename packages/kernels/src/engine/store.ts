import { byteLength, elements, formatShape } from '../graph.ts';
import type { Device } from './device.ts';
import { BufferUsage, MapMode } from './flags.ts';
import { inWords } from './host-array.ts';
import { type Chunk, layOut, type StoreEntry, StoreLayout, type StorePart } from './layout.ts';
import { createBuffer } from './shared-memory.ts';

/**
 * Bytes that `upload` hands to the queue at once, and how many may wait there: the queue keeps a copy until they are
 * sent.
 */
const pieceBytes = 2 ** 24;
const maxWaiting = 2 ** 25;

/**
 * Named tensors that outlive programs (weights, optimizer state), side by side in a few large buffers, so that an
 * optimizer updates all of them in as many dispatches as there are buffers. Those of bytes (int8) are written, not read
 * back.
 */
export class TensorStore extends StoreLayout {
  readonly device: Device;
  readonly #chunks: readonly Chunk[];
  readonly #buffers: readonly GPUBuffer[];
  /** Bytes given to the queue since it was last waited for. */
  #waiting = 0;

  private constructor(device: Device, entries: readonly StoreEntry[], chunks: readonly Chunk[], label: string) {
    const buffers = chunks.map(({ size }, index) => createBuffer(device, size, `${label} ${index}`));
    super(entries, chunks, label, buffers);
    this.device = device;
    this.#chunks = chunks;
    this.#buffers = buffers;
  }

  /**
   * Makes a store of zeros.
   * @param options maxBinding: maximum bytes of a binding, if that is to be less than the device allows
   * @throws RangeError if a tensor is larger than that and is not read by rows
   */
  static create(
    device: Device,
    entries: readonly StoreEntry[],
    label = 'store',
    { maxBinding = device.capabilities.maxBindingSize } = {},
  ): TensorStore {
    return new TensorStore(device, entries, layOut(entries, maxBinding), label);
  }

  /** A store of the same layout, filled with zeros. */
  createLike(label: string): TensorStore {
    return new TensorStore(this.device, this.entries, this.#chunks, label);
  }

  /** Queues new values for one tensor. */
  write(name: string, values: Float32Array): void {
    this.#expectCount(name, values);
    this.#queue(name, values, 0);
  }

  /**
   * Writes the tensors of a large model one after the other: unlike `write`, it waits now and then for the queue, which
   * would otherwise keep a copy of them all.
   */
  async upload(name: string, values: Float32Array | Int8Array): Promise<void> {
    this.#expectCount(name, values);
    const pieceValues = pieceBytes / values.BYTES_PER_ELEMENT;
    for (let start = 0; start < values.length; start += pieceValues) {
      const piece = values.subarray(start, start + pieceValues);
      if (this.#waiting + piece.byteLength > maxWaiting) {
        await this.device.idle();
        this.#waiting = 0;
      }
      this.#queue(name, piece, start);
    }
  }

  /** Queues new values for some rows of a tensor. @throws RangeError for rows that it does not have, or parts of them */
  writeRows(name: string, first: number, values: Float32Array | Int8Array): void {
    const shape = this.shape(name);
    const width = elements(shape.slice(1));
    if (values.length % width === 0 && first >= 0 && first * width + values.length <= elements(shape)) {
      this.#queue(name, values, first * width);
      return;
    }
    throw new RangeError(
      `${name} ${formatShape(shape)} has rows of ${width} values, found ${values.length} from row ${first} on`,
    );
  }

  /** Reads one tensor back. */
  async readTensor(name: string): Promise<Float32Array> {
    const parts = this.parts(name);
    if (parts[0].tensor.dtype === 'i8') throw new TypeError(`${name} is of bytes, which are not read back`);
    const bytes = parts.map(({ tensor }) => byteLength(tensor));
    const size = bytes.reduce((sum, length) => sum + length, 0);
    const staging = this.device.gpu.createBuffer({ size, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
    const encoder = this.device.gpu.createCommandEncoder();
    for (const [i, part] of parts.entries()) {
      encoder.copyBufferToBuffer(this.#buffers[part.chunk], part.offset, staging, 4 * startOf(part), bytes[i]);
    }
    this.device.gpu.queue.submit([encoder.finish()]);
    await this.device.wait(staging.mapAsync(MapMode.READ) as Promise<undefined>);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }

  /** Reads every tensor of floats back, by name. */
  async read(): Promise<Map<string, Float32Array>> {
    const result = new Map<string, Float32Array>();
    for (const [index, flat] of this.flat.entries()) {
      const staging = this.device.gpu.createBuffer({
        size: byteLength(flat),
        usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
      });
      const encoder = this.device.gpu.createCommandEncoder();
      encoder.copyBufferToBuffer(this.#buffers[index], 0, staging, 0, byteLength(flat));
      this.device.gpu.queue.submit([encoder.finish()]);
      await this.device.wait(staging.mapAsync(MapMode.READ) as Promise<undefined>);
      const bytes = staging.getMappedRange().slice(0);
      staging.destroy();
      for (const part of this.layout(index)) {
        if (part.tensor.dtype === 'i8') continue;
        const values = new Float32Array(bytes, part.offset, elements(part.tensor.shape));
        if (this.parts(part.name).length > 1) {
          const whole = result.get(part.name) ?? new Float32Array(elements(this.shape(part.name)));
          whole.set(values, startOf(part));
          result.set(part.name, whole);
        } else result.set(part.name, values);
      }
    }
    return result;
  }

  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }

  #expectCount(name: string, { length, BYTES_PER_ELEMENT: bytes }: Float32Array | Int8Array): void {
    const shape = this.shape(name);
    const { dtype } = this.parts(name)[0].tensor;
    if (bytes !== (dtype === 'i8' ? 1 : 4)) {
      throw new TypeError(`${name} is stored as ${dtype}, found values of ${bytes} bytes each`);
    }
    if (length === elements(shape)) return;
    throw new RangeError(`${name} ${formatShape(shape)} needs ${elements(shape)} values, found ${length}`);
  }

  /** Queues values from `start` on, for whichever parts hold them. */
  #queue(name: string, values: Float32Array | Int8Array, start: number): void {
    for (const part of this.parts(name)) {
      const first = startOf(part);
      const from = Math.max(start, first);
      const to = Math.min(start + values.length, first + elements(part.tensor.shape));
      if (from >= to) continue;
      const offset = part.offset + (from - first) * values.BYTES_PER_ELEMENT;
      const piece = inWords(values.subarray(from - start, to - start));
      this.device.gpu.queue.writeBuffer(this.#buffers[part.chunk], offset, piece);
    }
    this.#waiting += values.byteLength;
  }
}

/** The first value of the whole tensor that a part holds. */
const startOf = ({ firstRow, tensor: { shape } }: StorePart): number => firstRow * elements(shape.slice(1));
