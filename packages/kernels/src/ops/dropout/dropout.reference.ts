import { type NdArray, zeros } from '../../engine/case.ts';

const word = (value: bigint) => BigInt.asUintN(32, value);

/** Philox4x32-10 (Salmon et al. 2011): four random 32-bit numbers from a counter of four and a key of two. */
export function philox(counter: readonly number[], key: readonly number[]): number[] {
  let [a, b, c, d] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const first = 0xd2511f53n * a;
    const second = 0xcd9e8d57n * c;
    [a, b, c, d] = [(second >> 32n) ^ b ^ k0, word(second), (first >> 32n) ^ d ^ k1, word(first)];
    k0 = word(k0 + 0x9e3779b9n);
    k1 = word(k1 + 0xbb67ae85n);
  }
  return [a, b, c, d].map(Number);
}

export function dropoutReference(x: NdArray, seed: NdArray, probability: number, stream: number): NdArray {
  const y = zeros(x.shape);
  for (let i = 0; i < x.data.length; i += 4) {
    for (const [lane, random] of philox([i / 4, stream, 0, 0], [...seed.data]).entries()) {
      if (i + lane < x.data.length && random / 2 ** 32 >= probability) {
        y.data[i + lane] = x.data[i + lane] / (1 - probability);
      }
    }
  }
  return y;
}
