import { type NdArray, zeros } from '../../engine/case.ts';

/** b is given once per `stretch` neighbouring values of a, again from the start after its last value. */
export function binaryReference(
  a: NdArray,
  b: NdArray,
  compute: (a: number, b: number) => number,
  stretch = 1,
): NdArray {
  const y = zeros(a.shape);
  for (const [i, value] of a.data.entries())
    y.data[i] = compute(value, b.data[Math.floor(i / stretch) % b.data.length]);
  return y;
}
