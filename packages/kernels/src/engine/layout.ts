import { byteLength, elements, formatShape, type Shape, stored, type Tensor } from '../graph.ts';

/** A named tensor of a store. */
export interface StoreEntry {
  readonly name: string;
  readonly shape: Shape;
  /** 'f32' unless given. */
  readonly dtype?: 'f32' | 'i8';
  /** Only `gather` reads it, row by row: it may be stored in parts if it is larger than a binding. */
  readonly byRows?: boolean;
}

/** A tensor of a store, or some rows of one that is larger than a binding. */
export interface StorePart {
  readonly name: string;
  /** The row of the whole tensor that is row 0 of this one. */
  readonly firstRow: number;
  readonly tensor: Tensor;
  /** The store's buffer that it lies in, and the offset there in bytes. */
  readonly chunk: number;
  readonly offset: number;
}

/** Room for one part, before it has a tensor. */
type Slot = Omit<StorePart, 'tensor' | 'chunk'> & { readonly shape: Shape; readonly dtype: 'f32' | 'i8' };

export interface Chunk {
  /** Size in bytes. */
  readonly size: number;
  readonly slots: readonly Slot[];
}

/**
 * Which tensors a store has and where they lie, side by side in a few large buffers. Without buffers
 * (`StoreLayout.plan`) graphs on its tensors can be planned, not compiled.
 */
export class StoreLayout {
  readonly entries: readonly StoreEntry[];
  /** Each buffer as one flat tensor of floats, padding included. */
  readonly flat: readonly Tensor[];
  readonly #parts = new Map<string, StorePart[]>();

  protected constructor(
    entries: readonly StoreEntry[],
    chunks: readonly Chunk[],
    label: string,
    buffers?: readonly GPUBuffer[],
  ) {
    this.entries = entries;
    this.flat = chunks.map(({ size, slots }, chunk) => {
      const region = (offset: number, length: number) => buffers && { buffer: buffers[chunk], offset, size: length };
      for (const { name, firstRow, shape, dtype, offset } of slots) {
        const tensor = stored(name, region(offset, byteLength({ shape, dtype })), shape, dtype);
        const parts = this.#parts.get(name) ?? [];
        this.#parts.set(name, [...parts, { name, firstRow, tensor, chunk, offset }]);
      }
      return stored(`${label} ${chunk}`, region(0, size), [size / 4]);
    });
  }

  /** The layout alone of a store of these entries on a device that binds this many bytes. Throws as `create` does. */
  static plan(entries: readonly StoreEntry[], maxBinding: number): StoreLayout {
    return new StoreLayout(entries, layOut(entries, maxBinding), 'planned');
  }

  /** Bytes of all buffers. */
  get size(): number {
    return this.flat.reduce((sum, { shape }) => sum + elements(shape) * 4, 0);
  }

  /** A tensor's whole shape, whether it lies in parts or not. Throws RangeError where there is none. */
  shape(name: string): Shape {
    const parts = this.parts(name);
    const { firstRow, tensor } = parts[parts.length - 1];
    return parts.length > 1 ? [firstRow + tensor.shape[0], ...tensor.shape.slice(1)] : tensor.shape;
  }

  /** The parts in one of the buffers, or in all of them, in order. */
  layout(chunk?: number): StorePart[] {
    const all = [...this.#parts.values()].flat();
    return chunk === undefined ? all : all.filter((part) => part.chunk === chunk);
  }

  /** The graph's handle of a tensor. Throws RangeError where there is none, or only parts of it. */
  tensor(name: string): Tensor {
    const [part, ...more] = this.parts(name);
    if (more.length > 0) {
      throw new RangeError(
        `'${name}' is larger than a binding and stored in ${more.length + 1} parts: gather from each`,
      );
    }
    return part.tensor;
  }

  /** The tensor, in more than one part where it is larger than a binding. Throws RangeError where there is none. */
  parts(name: string): readonly StorePart[] {
    const parts = this.#parts.get(name);
    if (!parts) throw new RangeError(`no tensor named '${name}' in this store`);
    return parts;
  }

  has(name: string): boolean {
    return this.#parts.has(name);
  }
}

/** Bound regions of a buffer begin at multiples of this. */
const alignment = 256;
/** Bytes of a buffer that holds several tensors. */
const usualSize = 2 ** 27;

/**
 * Distributes tensors over buffers.
 * @param maxBinding bytes that a buffer, and so a tensor or a part of one, may have at most
 * @throws RangeError naming a tensor that is larger and is not read by rows, or a name that occurs twice
 */
export function layOut(entries: readonly StoreEntry[], maxBinding: number): Chunk[] {
  const names = new Set<string>();
  for (const { name } of entries) {
    if (names.has(name)) throw new RangeError(`two tensors are named '${name}'`);
    names.add(name);
  }
  const chunks: { size: number; slots: Slot[] }[] = [];
  for (const part of entries.flatMap((entry) => split(entry, maxBinding))) {
    const size = paddedSize(part);
    let chunk = chunks.at(-1);
    if (!chunk || chunk.size + size > Math.min(maxBinding, usualSize)) {
      chunk = { size: 0, slots: [] };
      chunks.push(chunk);
    }
    chunk.slots.push({ ...part, offset: chunk.size });
    chunk.size += size;
  }
  return chunks;
}

/** The entry itself, or parts of it with as many whole rows as can be bound. */
function split({ name, shape, dtype = 'f32', byRows }: StoreEntry, maxBinding: number): Omit<Slot, 'offset'>[] {
  const size = paddedSize({ shape, dtype });
  if (size <= maxBinding) return [{ name, firstRow: 0, shape, dtype }];
  const [rows, ...row] = shape;
  const rowBytes = elements(row) * (dtype === 'i8' ? 1 : 4);
  const maxRows = Math.floor((Math.floor(maxBinding / alignment) * alignment) / rowBytes);
  if (!byRows || maxRows === 0) {
    throw new RangeError(
      `${name} ${formatShape(shape)} needs ${size} bytes, the maxStorageBufferBindingSize of this device is ` +
        `${maxBinding}: ask for the limits of the adapter (requiredLimits)`,
    );
  }
  return Array.from({ length: Math.ceil(rows / maxRows) }, (_, i) => ({
    name,
    firstRow: i * maxRows,
    shape: [Math.min(maxRows, rows - i * maxRows), ...row],
    dtype,
  }));
}

const paddedSize = (type: Pick<Slot, 'shape' | 'dtype'>): number => Math.ceil(byteLength(type) / alignment) * alignment;
