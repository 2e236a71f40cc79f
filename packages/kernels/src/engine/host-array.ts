import type { HostArray } from '../graph.ts';

/** The array that holds values of a dtype on the host; halves come and go as floats. */
export const hostArrays = { f32: Float32Array, f16: Float32Array, u32: Uint32Array, i8: Int8Array } as const;

/** Values as a queue takes them, in whole words: bytes are filled up with zeros. */
export function inWords(values: HostArray): ArrayBufferView<ArrayBuffer> {
  if (values.byteLength % 4 === 0) return values as ArrayBufferView<ArrayBuffer>;
  const whole = new Int8Array(Math.ceil(values.byteLength / 4) * 4);
  whole.set(values);
  return whole;
}
