import { DTYPE_BYTES } from '../dtype.ts';
import type { WeightTensor } from '../weight-file.ts';

type Tensors = ReadonlyMap<string, WeightTensor>;

/** A part of a tensor that another project keeps in pieces. */
export interface Part {
  readonly name: string;
  /** Rows of this part for each row of the others' unit: 2 where keys and values are one tensor. */
  readonly units: number;
}

/** Query, key and value, one after the other, as `torch.nn.MultiheadAttention` holds them. */
export function concatenated(tensors: Tensors, parts: readonly Part[]): WeightTensor {
  const found = parts.map(({ name, units }) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`expected a tensor ${name} beside the other parts of its attention, found none.`);
    return { name, units, ...tensor };
  });
  const [{ dtype, shape, units }] = found;
  const rows = shape[0] / units;
  const rest = shape.slice(1);
  for (const part of found) {
    const expected = [rows * part.units, ...rest];
    if (part.dtype === dtype && part.shape.join() === expected.join()) continue;
    const other = `${part.dtype} [${part.shape.join(', ')}]`;
    throw new Error(
      `tensor ${part.name}: expected ${dtype} [${expected.join(', ')}] as for the query, found ${other}.`,
    );
  }
  return {
    dtype,
    shape: [rows * found.reduce((sum, part) => sum + part.units, 0), ...rest],
    async read() {
      const pieces = await Promise.all(found.map((part) => part.read()));
      const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      return whole;
    },
  };
}

/** A weight of `torch.nn.Linear` as OpenAI's parameters hold it. */
export function transposed(name: string, { dtype, shape, read }: WeightTensor): WeightTensor {
  if (shape.length !== 2) throw new Error(`tensor ${name}: expected 2 axes, found the shape [${shape.join(', ')}].`);
  const [rows, columns] = shape;
  const size = DTYPE_BYTES[dtype];
  return {
    dtype,
    shape: [columns, rows],
    async read() {
      const from = await read();
      const to = new Uint8Array(from.length);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const start = (row * columns + column) * size;
          to.set(from.subarray(start, start + size), (column * rows + row) * size);
        }
      }
      return to;
    },
  };
}

/** A parameter without the leading axes of 1 that other projects give it, down to `axes` of them. */
export function withoutBatchAxes(name: string, tensor: WeightTensor, axes: number): WeightTensor {
  const { shape } = tensor;
  const extra = shape.length - axes;
  if (extra < 0 || shape.slice(0, extra).some((size) => size !== 1)) {
    throw new Error(
      `tensor ${name}: expected size 1 in every axis but the last ${axes === 1 ? 'one' : axes}, ` +
        `found the shape [${shape.join(', ')}].`,
    );
  }
  return { ...tensor, shape: shape.slice(extra) };
}
