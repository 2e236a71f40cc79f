import { cast, compile, type Device, elements, input, matmul, stored, type Tensor } from '@webcir/kernels';
import { numbers } from '../measure/numbers.ts';
import { readScalar } from '../measure/rounds.ts';
import type { BuiltOp } from '../peers/our-ops.ts';
import type { WorkOf } from '../peers/work.ts';

/**
 * A matrix product whose operands already lie on the device in the precision in which it reads them. They hold numbers
 * of half precision in any case, so that results can be compared.
 */
export async function buildProduct(
  device: Device,
  { layout, rows, inner, columns }: Omit<WorkOf<'matmul'>, 'kind'>,
  precision: 'f32' | 'f16',
): Promise<BuiltOp> {
  const [transposeA, transposeB] = [layout[0] === 'T', layout[1] === 'T'];
  const shapes = {
    a: transposeA ? [inner, rows] : [rows, inner],
    b: transposeB ? [columns, inner] : [inner, columns],
  };
  const packed = (name: 'a' | 'b'): Tensor => cast(cast(input(name, shapes[name]), 'f16'), precision);
  const packing = await compile(device, { outputs: { a: packed('a'), b: packed('b') } });
  packing.run({ a: numbers('a', elements(shapes.a)), b: numbers('b', elements(shapes.b)) });
  const [a, b] = (['a', 'b'] as const).map((name) => stored(name, packing.region(name), shapes[name], precision));
  const y = matmul(a, b, { transposeA, transposeB, precision: 'f32' });
  const program = await compile(device, { outputs: { y } });
  return {
    async run(times) {
      for (let i = 0; i < times; i++) program.run();
      await readScalar(device, program.region('y'));
    },
    read: () => program.runAndRead({}, ['y']),
    program,
    flops: 2 * rows * inner * columns,
    dispose() {
      program.dispose();
      packing.dispose();
    },
  };
}
