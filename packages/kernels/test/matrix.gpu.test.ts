// The kernels on subgroup matrices, on adapters that have none: the built-in functions are put into plain WGSL, all
// else (which value is copied where, which matrix starts where, edges, epilogue) runs as it is written. What remains
// unchecked is what a GPU makes of the built-in functions.
import { afterAll, describe, expect, it } from 'vitest';
import { caseValues, type NdArray, normal } from '../src/engine/case.ts';
import { openDevice } from '../src/engine/device.ts';
import { dispatch } from '../src/engine/kernel.ts';
import { apply, firstOrderOnly, type OpDefinition } from '../src/engine/op.ts';
import { unroll } from '../src/engine/unroll.ts';
import { cast, compile, input, type Tensor } from '../src/index.ts';
import { type MatrixKernel, matrixKernels } from '../src/ops/matmul/matmul.matrix.ts';
import { matmulMatrixHalfLargeKernel, matmulMatrixHalfSmallKernel } from '../src/ops/matmul/matmul.matrix.wgsl.ts';
import { linearReference, matmulReference } from '../src/ops/matmul/matmul.reference.ts';
import { sumSlices } from '../src/ops/sum/sum.ts';

const device = await openDevice();
afterAll(() => device.close());

/**
 * Eight neighbouring threads are a subgroup, of which each holds every eighth row of a result. A left or right matrix
 * is a note of where it lies in its tile, and a product a note of what to multiply, which is done when the tile is
 * about to change: so the arithmetic is there once, not once for each product, and a CPU is quick to compile it.
 */
function withoutMatrices({ kernel, type, m, n, k }: MatrixKernel): MatrixKernel['kernel'] {
  const element = (tile: string) =>
    type === 'f16'
      ? `unpack2x16float(${tile}[at.x + at.y / 8u][at.y % 8u / 2u])[at.y % 2u]`
      : `bitcast<f32>(${tile}[at.x + at.y / 4u][at.y % 4u])`;
  const rowsEach = m / 8;
  const unrolled = unroll(kernel.code, kernel.sizes);
  const results = unrolled.match(/var sums\d_\d: Result;/g)!;
  const plain = `
struct Product {
  left: vec3u,
  right: vec3u,
  result: u32,
}
const row_major = 0u;
const col_major = 1u;
var<private> lane: u32;
var<private> sums: array<f32, ${results.length * rowsEach * n}>;
var<private> products: array<Product, ${2 * results.length}>;
var<private> pending: u32;

fn place(matrix: vec3u, row: u32, column: u32) -> vec2u {
  if (matrix.z == row_major) {
    return vec2u(matrix.x + row * matrix.y, column);
  }
  return vec2u(matrix.x + column * matrix.y, row);
}
fn leftValue(matrix: vec3u, row: u32, column: u32) -> f32 {
  let at = place(matrix, row, column);
  return ${element('leftTile')};
}
fn rightValue(matrix: vec3u, row: u32, column: u32) -> f32 {
  let at = place(matrix, row, column);
  return ${element('rightTile')};
}
fn multiplyPending() {
  for (var p = 0u; p < pending; p++) {
    let product = products[p];
    for (var x = 0u; x < ${rowsEach}u; x++) {
      for (var z = 0u; z < ${k}u; z++) {
        let value = leftValue(product.left, x * 8u + lane, z);
        for (var j = 0u; j < ${n}u; j++) {
          sums[(product.result * ${rowsEach}u + x) * ${n}u + j] += value * rightValue(product.right, z, j);
        }
      }
    }
  }
  pending = 0u;
}
fn storeResult(offset: u32, result: u32, stride: u32) {
  for (var x = 0u; x < ${rowsEach}u; x++) {
    for (var j = 0u; j < ${n}u; j++) {
      let value = sums[(result * ${rowsEach}u + x) * ${n}u + j];
      rightTile[offset + (x * 8u + lane) * stride + j / 4u][j % 4u] = bitcast<u32>(value);
    }
  }
}
`;
  let noted = 0;
  const replacements: readonly (readonly [RegExp, string | ((...parts: string[]) => string)])[] = [
    [/^(enable|diagnostic|alias)\b.*$/gm, ''],
    [/: (Left|Right);/g, ': vec3u;'],
    [/subgroupMatrixLoad<(?:Left|Right), (\w+)>\(\s*&\w+,([^;]*?),?\s*\);/g, 'vec3u($2, $1);'],
    [
      /\w+ = subgroupMatrixMultiplyAccumulate\((\w+, \w+, \w+)\);/g,
      (_, operands) => `products[${noted++}] = Product(${operands}); pending = ${noted}u;`,
    ],
    [/subgroupMatrixStore<row_major>\(&rightTile,/g, 'storeResult('],
    [/(var sums\d_\d): Result;/g, (whole, name) => `${name} = ${results.indexOf(whole)}u;`],
    [/^.*@builtin\(subgroup_id\).*$/m, ''],
    [/(?=let firstRow)/, 'lane = thread % 8u;\n  let subgroup = thread / 8u;\n  '],
    [/for \(var k = begin.*\{/, '$&\n    multiplyPending();'],
    [/(?=for \(var r = 0u)/, 'multiplyPending();\n  '],
  ];
  let code = unrolled;
  for (const [pattern, text] of replacements) {
    expect(code).toMatch(pattern);
    code = code.replace(pattern, text as string);
  }
  return { ...kernel, name: `${kernel.name} in plain WGSL`, features: [], code: plain + code };
}

interface Attributes {
  readonly on: MatrixKernel;
  readonly sizes: { readonly batch: number; readonly rows: number; readonly inner: number; readonly columns: number };
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly slices: number;
  /** Whether there are a bias (input 2), a residual (input 3), a GELU and a pre-activation. */
  readonly epilogue: boolean;
  /** Storage of y and of the pre-activation. */
  readonly precision: 'f32' | 'f16';
}

/** The dispatches of matmul.ts, with a given kernel. */
const product: OpDefinition<Attributes> = {
  name: 'product',
  takesHalf: true,
  outputs(_, { sizes: { batch, rows, columns }, precision }) {
    return [0, 1].map(() => ({ shape: [batch, rows, columns], dtype: precision }));
  },
  launch({ inputs: [a, b, ...rest], outputs: [y, preactivation], attributes, scratch }) {
    const [bias, residual] = rest.length > 0 ? rest : [scratch([4]), scratch([4])]; // placeholders
    const { on, sizes, transposeA, transposeB, slices, epilogue } = attributes;
    const { batch, rows, inner, columns } = sizes;
    const slice = slices > 1 ? Math.ceil(inner / slices / 8) * 8 : inner;
    const parts = slices > 1 ? scratch([slices, rows * columns]) : y;
    const step = dispatch(
      withoutMatrices(on),
      { a, b, scale: bias, bias, residual, y: parts, preactivation },
      {
        rows,
        columns,
        inner,
        bInner: transposeB ? 1 : columns,
        aBatch: batch > 1 ? rows * inner : 0,
        bBatch: batch > 1 ? inner * columns : 0,
        slice,
        sliceStep: slices > 1 ? slice : 0,
        activation: epilogue ? 3 : 0,
        hasScale: 0,
        hasBias: Number(epilogue),
        hasResidual: Number(epilogue),
        keepPreactivation: Number(epilogue),
      },
      [Math.ceil(rows / on.rows), Math.ceil(columns / on.columns), batch * slices],
      {
        transposeA: Number(transposeA),
        transposeB: Number(transposeB),
        threads: 32 * on.subgroups,
      },
    );
    return slices > 1 ? [step, sumSlices(parts, y)] : [step];
  },
  noGradient: firstOrderOnly,
};

async function run(outputs: readonly Tensor[], arrays: readonly NdArray[]): Promise<Float32Array[]> {
  const names = outputs.map((_, i) => `output ${i}`);
  const singles = outputs.map((output, i) => [names[i], cast(output, 'f32')] as const);
  const program = await compile(device, { outputs: Object.fromEntries(singles) });
  const inputs = Object.fromEntries(arrays.map(({ data }, i) => [`input ${i}`, Float32Array.from(data)]));
  const results = await program.runAndRead(inputs, names);
  program.dispose();
  return names.map((name) => results[name]);
}

function relativeError(found: ArrayLike<number>, expected: NdArray): number {
  const scale = expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return expected.data.reduce((error, value, i) => Math.max(error, Math.abs(found[i] - value)), 0) / scale;
}

const transposed = ({ shape: [rows, columns], data }: NdArray): NdArray => ({
  shape: [columns, rows],
  data: data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]),
});

/**
 * The way a is read does not depend on b, so two layouts cover all four. The two kernels on matrices of 16 x 16 x 16
 * are one text, and slow to compile on a CPU: they share the layouts.
 */
const layouts = new Map<MatrixKernel['kernel'], readonly string[]>([
  [matmulMatrixHalfLargeKernel, ['NN']],
  [matmulMatrixHalfSmallKernel, ['TT']],
]);

describe.each(matrixKernels.map((on) => [on.kernel.name, on] as const))('%s', (_, on) => {
  const half = on.type === 'f16';
  const vector = half ? 8 : 4;
  const [rows, columns] = [on.rows + vector, on.columns + vector];

  describe.each(layouts.get(on.kernel) ?? ['NN', 'TT'])('%s', (layout) => {
    const transpose = { transposeA: layout === 'TT', transposeB: layout === 'TT' };
    const shapes = (rows: number, inner: number, columns: number) =>
      [
        [rows, inner],
        [inner, columns],
      ].map((shape) => (layout === 'TT' ? shape.reverse() : shape));

    // Two tiles each way, the last ones nearly empty; an inner dimension that is no multiple of a step.
    it.each([
      layout === 'TT' ? [rows, 3 * vector, columns - 4, 1, 1] : [rows - 3, 5 * vector, columns, 1, 1],
      [2 * vector, 4 * vector, 3 * vector, 3, 1],
      [2 * vector, 11 * vector, 3 * vector, 1, 3],
    ])('[%i, %i] [.., %i], %i batches, %i slices', async (rows, inner, columns, batch, slices) => {
      const arrays = caseValues(shapes(rows, inner, columns).map((shape) => normal([batch, ...shape], { half })));
      const inputs = arrays.map(({ shape }, i) => cast(input(`input ${i}`, shape), on.type));
      const sizes = { batch, rows, inner, columns };
      const [y] = apply(product, inputs, { on, sizes, ...transpose, slices, epilogue: false, precision: 'f32' });
      const [found] = await run([y], arrays);
      expect(relativeError(found, matmulReference(arrays[0], arrays[1], transpose))).toBeLessThan(2e-6);
    });

    it.each(half ? (['f32', 'f16'] as const) : (['f32'] as const))(
      'all of the epilogue, y in %s',
      async (precision) => {
        const [inner, columns] = [2 * vector, 24];
        const arrays = caseValues(
          [...shapes(rows, inner, columns), [columns], [rows, columns]].map((shape) => normal(shape, { half: true })),
        );
        const inputs = arrays.map(({ shape }, i) => cast(input(`input ${i}`, shape), i < 2 ? on.type : 'f32'));
        const sizes = { batch: 1, rows, inner, columns };
        const attributes = { on, sizes, ...transpose, slices: 1, epilogue: true, precision };
        const [y, preactivation] = await run(apply(product, inputs, attributes), arrays);
        const [a, b, bias, residual] = arrays;
        const [x, weight] = layout === 'TT' ? [transposed(a), b] : [a, transposed(b)];
        const tolerance = precision === 'f16' ? 1e-3 : 2e-6;
        const expected = linearReference(x, weight, { bias, activation: 'gelu', residual });
        expect(relativeError(y, expected)).toBeLessThan(tolerance);
        expect(relativeError(preactivation, linearReference(x, weight, { bias }))).toBeLessThan(tolerance);
      },
    );
  });
});
