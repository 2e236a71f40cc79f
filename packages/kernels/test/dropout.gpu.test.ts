// The random numbers behind dropout: the published generator, the right share of zeros, streams and seeds apart.
import { afterAll, describe, expect, it } from 'vitest';
import { openDevice } from '../src/engine/device.ts';
import { compile, dropout, fill, input } from '../src/index.ts';
import { philox } from '../src/ops/dropout/dropout.reference.ts';

const device = await openDevice();
afterAll(() => device.close());

const count = 100_000;
const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

/** The share of positions where both masks keep the value. */
const together = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + (value && b[i] ? 1 : 0), 0) / a.length;
const kept = (mask: Float32Array) => together(mask, mask);

describe('dropout', () => {
  // philox4x32, 10 rounds, in kat_vectors of the authors' library Random123.
  it('draws from Philox4x32-10', () => {
    expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const ones = 0xffffffff;
    expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    const pi = philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]);
    expect(hex(pi)).toBe('d16cfe09 94fdcceb 5001e420 24126ea1');
  });

  it('keeps the right share, independently in every stream and for every seed', async () => {
    const [ones, seed] = [fill([count], 1), input('seed', [2], 'u32')];
    const outputs = {
      rare: dropout(ones, seed, { probability: 0.1, stream: 0 }),
      first: dropout(ones, seed, { probability: 0.5, stream: 0 }),
      second: dropout(ones, seed, { probability: 0.5, stream: 1 }),
    };
    const program = await compile(device, { outputs });
    const { rare, first, second } = await program.runAndRead({ seed: new Uint32Array([5, 0]) }, [
      'rare',
      'first',
      'second',
    ]);
    const [again, later] = [
      await program.runAndRead({ seed: new Uint32Array([5, 0]) }, ['first']),
      await program.runAndRead({ seed: new Uint32Array([6, 0]) }, ['first']),
    ];
    // Five standard deviations of a share of 100,000 draws are at most 0.008.
    expect(kept(rare)).toBeCloseTo(0.9, 2);
    expect(rare.reduce((sum, value) => sum + value, 0) / count).toBeCloseTo(1, 2);
    expect(kept(first)).toBeCloseTo(0.5, 2);
    expect(together(first, second)).toBeCloseTo(0.25, 2);
    expect(together(first, later.first)).toBeCloseTo(0.25, 2);
    expect(together(first.subarray(1), first.subarray(0, -1))).toBeCloseTo(0.25, 2);
    expect(again.first).toEqual(first);
    program.dispose();
  });

  it('refuses what it cannot do', () => {
    const [x, seed] = [input('x', [4]), input('seed', [2], 'u32')];
    expect(() => dropout(x, seed, { probability: 1, stream: 0 })).toThrow(/in \[0, 1\), found 1/);
    expect(() => dropout(x, seed, { probability: 0.5, stream: -1 })).toThrow(/found -1/);
  });
});
