/** Values in int8 with a scale a row: symmetric, value = byte * scale. A row is all that an index of the first axis holds. */
export interface Int8Rows {
  readonly values: Int8Array;
  /** One for each row. */
  readonly scales: Float32Array;
}

/** The name under which the scales of a tensor are stored, in a file and on a device. */
export const scaleName = (name: string): string => `${name}.scale`;

/**
 * Rounds each row to the nearest of 255 steps that reach as far as its largest value; ties go away from zero.
 * @param name of the tensor, for errors
 * @throws Error naming the tensor and the row with a value that is not finite
 */
export function quantizeRows(name: string, values: Float32Array, rows: number): Int8Rows {
  const width = values.length / rows;
  const [bytes, scales] = [new Int8Array(values.length), new Float32Array(rows)];
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    let largest = 0;
    for (let i = start; i < start + width; i++) {
      const size = Math.abs(values[i]);
      if (!(size < Number.POSITIVE_INFINITY)) {
        throw new Error(`CLIP weights: ${name}: expected finite values, found ${values[i]} in row ${row}.`);
      }
      if (size > largest) largest = size;
    }
    scales[row] = largest / 127;
    const scale = scales[row];
    if (scale === 0) continue; // a row of zeros, or of values that have no 127th part in single precision
    for (let i = start; i < start + width; i++) {
      const steps = Math.min(127, Math.round(Math.abs(values[i]) / scale));
      bytes[i] = values[i] < 0 ? -steps : steps;
    }
  }
  return { values: bytes, scales };
}

/** The floats that the bytes stand for. */
export function dequantizeRows({ values, scales }: Int8Rows): Float32Array {
  const width = values.length / scales.length;
  const floats = new Float32Array(values.length);
  for (let i = 0; i < floats.length; i++) floats[i] = values[i] * scales[Math.floor(i / width)];
  return floats;
}
