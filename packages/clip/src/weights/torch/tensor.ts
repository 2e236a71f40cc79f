import { DTYPE_BYTES } from '../dtype.ts';
import type { ByteSource } from '../source.ts';
import type { WeightTensor } from '../weight-file.ts';
import { type Fail, failIn } from './fail.ts';
import { describe, type PickleValue, quote, type TensorRef } from './pickle-value.ts';

/** PyTorch's own limit. */
const MAX_DIMENSIONS = 64;

const isCount = (value: PickleValue): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function counts(value: PickleValue, what: string, fail: Fail): number[] {
  if (!Array.isArray(value) || value.length > MAX_DIMENSIONS) {
    return fail(`expected a ${what} of at most ${MAX_DIMENSIONS} sizes, found ${describe(value)}.`);
  }
  const bad = value.find((item) => !isCount(item));
  return bad === undefined ? (value as number[]) : fail(`expected a ${what} of sizes, found ${describe(bad)} in it.`);
}

/** The first axes of a shape, for errors. */
const listed = (sizes: readonly number[]): string =>
  `[${sizes.slice(0, 6).join(', ')}${sizes.length > 6 ? ', …' : ''}]`;

/** Whether values that are `stride` apart form a row-major tensor, and so lie in one piece. */
function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Row-major values of a tensor whose values are `stride` (in values) apart in `bytes`. */
function gather(bytes: Uint8Array, shape: readonly number[], stride: readonly number[], width: number): Uint8Array {
  const total = shape.reduce((product, size) => product * size, 1);
  const out = new Uint8Array(total * width);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to += width) {
    for (let i = 0; i < width; i++) out[to + i] = bytes[from + i];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis] * width;
      if (++index[axis] < shape[axis]) break;
      from -= index[axis] * stride[axis] * width;
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * A tensor of a pickle whose storage begins at byte `at` of the source.
 *
 * @throws Error naming file and tensor, unless its shape, its strides and its storage agree
 */
function weightTensor(name: string, tensor: TensorRef, source: ByteSource, at: number): WeightTensor {
  const fail: Fail = failIn(`${source.name}: tensor ${quote(name)}`);
  const { storage, offset } = tensor;
  const shape = counts(tensor.size, 'shape', fail);
  const stride = counts(tensor.stride, 'list of strides', fail);
  if (stride.length !== shape.length) fail(`has ${shape.length} sizes and ${stride.length} strides.`);
  if (!isCount(offset)) return fail(`expected an offset, found ${describe(offset)}.`);

  const total = shape.reduce((product, size) => product * size, 1);
  const reach = total ? offset + shape.reduce((last, size, axis) => last + (size - 1) * stride[axis], 1) : offset;
  // Products beyond 2^53 are not exact (and 0 times one beyond all floats is NaN), but large enough to be refused. The
  // total is checked as well, since repeated values (stride 0) would let a small file fill the memory.
  if (!(total <= storage.length && reach <= storage.length)) {
    const found = `its storage ${quote(storage.key)} has ${storage.length}`;
    fail(`${listed(shape)} at ${offset} with strides ${listed(stride)} is outside: ${found} values.`);
  }

  const width = DTYPE_BYTES[storage.dtype];
  const inOnePiece = isContiguous(shape, stride);
  return {
    dtype: storage.dtype,
    shape,
    async read() {
      const values = await source.read(at + offset * width, (inOnePiece ? total : reach - offset) * width);
      return inOnePiece ? values : gather(values, shape, stride, width);
    },
  };
}

/**
 * The tensors of a pickle, by name.
 *
 * @param offsets the byte of `source` at which each storage begins, by key
 * @throws Error naming file and tensor
 */
export function weightTensors(
  tensors: ReadonlyMap<string, TensorRef>,
  offsets: ReadonlyMap<string, number>,
  source: ByteSource,
): Map<string, WeightTensor> {
  const opened = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    const offset = offsets.get(tensor.storage.key);
    if (offset === undefined) {
      throw new Error(
        `${source.name}: tensor ${quote(name)}: storage ${quote(tensor.storage.key)} is not in the file.`,
      );
    }
    opened.set(name, weightTensor(name, tensor, source, offset));
  }
  return opened;
}
