// Half precision as storage: what becomes of the numbers at its edges, and that nothing mistakes halves for floats.
import { afterAll, describe, expect, it } from 'vitest';
import { openDevice } from '../src/engine/device.ts';
import { byteLength } from '../src/graph.ts';
import { add, cast, compile, gradients, input, ShapeError, softmax, sum } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

async function throughHalf(values: readonly number[]): Promise<number[]> {
  const y = cast(cast(input('x', [values.length]), 'f16'), 'f32');
  const program = await compile(device, { outputs: { y } });
  const result = await program.runAndRead({ x: Float32Array.from(values) }, ['y']);
  program.dispose();
  return [...result.y];
}

describe('a cast to half precision', () => {
  it('keeps what half precision holds, down to its smallest subnormal', async () => {
    const exact = [0, 1, -1, 65504, -65504, 0.333251953125, 2 ** -14, 2 ** -24, -3 * 2 ** -24];
    expect(await throughHalf(exact)).toEqual(exact);
  });

  it('makes infinity of what is too large, and of what is not a number', async () => {
    const infinity = Number.POSITIVE_INFINITY;
    const found = await throughHalf([65520, 1e6, -1e6, infinity, -infinity, Number.NaN, 65504]);
    expect(found.slice(0, 5)).toEqual([infinity, infinity, -infinity, infinity, -infinity]);
    expect(Math.abs(found[5])).toBe(infinity);
    expect(found[6]).toBe(65504);
  });
});

describe('a tensor in half precision', () => {
  it('takes two bytes a value, in whole words', () => {
    expect(byteLength(cast(input('x', [3, 5]), 'f16'))).toBe(32);
  });

  it('is refused by ops that have no kernel for it', () => {
    expect(() => softmax(cast(input('x', [4, 4]), 'f16'))).toThrow(ShapeError);
    expect(() => softmax(cast(input('x', [4, 4]), 'f16'))).toThrow(/softmax: .*cast\(x, 'f32'\).*f16\[4, 4\]/);
  });

  it('is not read back as floats', async () => {
    const program = await compile(device, { outputs: { y: cast(input('x', [4]), 'f16') } });
    await expect(program.runAndRead({ x: new Float32Array(4) }, ['y'])).rejects.toThrow(/'y'.*half precision.*cast/);
    program.dispose();
  });

  it('adds up its gradients in single precision', async () => {
    const x = input('x', [2]);
    const half = cast(x, 'f16');
    const [gradient] = gradients([1, 2, 3].map(() => sum(cast(half, 'f32'))).reduce(add), [x]);
    const program = await compile(device, { outputs: { gradient } });
    expect([...(await program.runAndRead({}, ['gradient'])).gradient]).toEqual([3, 3]);
    program.dispose();
  });
});
