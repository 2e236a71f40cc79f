/** An IDX file of unsigned bytes (LeCun's MNIST format): big-endian sizes, then the data, row-major. */
export interface Idx {
  shape: number[];
  data: Uint8Array;
}

/**
 * Reads an uncompressed IDX file of unsigned bytes.
 * @param name what to call the file in an error
 * @throws if the magic number is not `00 00 08 rank` or the data is not as long as the sizes say
 */
export function readIdx(bytes: Uint8Array, name: string): Idx {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes.length > 3 ? bytes[3] : 0;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8 || bytes.length < 4 + 4 * rank) {
    throw new Error(`${name}: not an IDX file of unsigned bytes (it should begin with 00 00 08)`);
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const data = bytes.subarray(4 + 4 * rank);
  const expected = shape.reduce((a, b) => a * b, 1);
  if (data.length !== expected) {
    throw new Error(`${name}: expected ${expected} bytes for shape [${shape}], found ${data.length}; is it cut short?`);
  }
  return { shape, data };
}

/** Writes unsigned bytes of the given shape as an (uncompressed) IDX file. */
export function writeIdx({ shape, data }: Idx): Uint8Array {
  const out = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(out.buffer);
  out[2] = 8;
  out[3] = shape.length;
  shape.forEach((size, i) => {
    view.setUint32(4 + 4 * i, size);
  });
  out.set(data, 4 + 4 * shape.length);
  return out;
}
