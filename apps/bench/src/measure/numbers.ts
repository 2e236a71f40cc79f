// Numbers that every contestant can make by itself, in any language, without sending them around: the value at an
// index depends on nothing but the name of the array and the index (peers/torch_peer.py has the same in numpy).

/** The first `count` values of the array `name`: uniform in [-scale, scale). */
export function numbers(name: string, count: number, scale = 1): Float32Array {
  const start = Math.imul(seedOf(name), 0x9e3779b9);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = ((mix(start + i) >>> 8) / 2 ** 23 - 1) * scale;
  return values;
}

/** Gives every row of a `[rows, width]` matrix the length 1, in place. */
export function unitRows(values: Float32Array, width: number): Float32Array {
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const length = Math.hypot(...row);
    for (let i = 0; i < width; i++) row[i] /= length;
  }
  return values;
}

/** FNV-1a over the characters' codes. */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** lowbias32 (C. Wellons' search for integer hashes), a bijection of 32 bits. */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
