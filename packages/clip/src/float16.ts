/**
 * IEEE half precision to single, exactly.
 *
 * @param halves bit patterns, `[n]`
 * @returns `[n]` values
 */
export function float32FromFloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const sign = (half & 0x8000) << 16;
    if ((half & 0x7c00) === 0x7c00) {
      bits[i] = sign | 0x7f800000 | ((half & 0x3ff) << 13);
    } else {
      // Exponent and mantissa in a single's places, times 2^112 for the other exponent bias: right for subnormals too.
      bits[i] = (half & 0x7fff) << 13;
      values[i] *= 2 ** 112;
      bits[i] |= sign;
    }
  }
  return values;
}

/**
 * Single precision to IEEE half, to the nearest, ties to even; infinity from 65,520 on. NaN stays NaN.
 *
 * @returns bit patterns, `[n]`
 */
export function float16FromFloat32(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  const scratch = new Float32Array(1);
  const scratchBits = new Uint32Array(scratch.buffer);
  for (let i = 0; i < values.length; i++) {
    scratch[0] = values[i];
    const sign = (scratchBits[0] >>> 16) & 0x8000;
    const magnitude = scratchBits[0] & 0x7fffffff;
    let half: number;
    if (magnitude >= 0x47800000) {
      half = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
    } else if (magnitude < 0x38800000) {
      // Below 2^-14: the addition of 0.5 rounds to multiples of 2^-24, the half's subnormal step.
      scratch[0] = Math.abs(values[i]) + 0.5;
      half = scratchBits[0] - 0x3f000000;
    } else {
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >>> 13;
    }
    halves[i] = sign | half;
  }
  return halves;
}

/** bfloat16 bit patterns, `[n]`, to single precision, exactly. */
export function float32FromBfloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}
