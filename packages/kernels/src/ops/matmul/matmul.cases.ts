import { fixed, int8, normal, type OpCase } from '../../engine/case.ts';
import type { Tensor } from '../../graph.ts';
import { cast, type Precision } from '../cast/cast.ts';
import { dequantizeReference } from '../dequantize/dequantize.reference.ts';
import { dequantize } from '../dequantize/dequantize.ts';
import { linearReference, matmulReference } from './matmul.reference.ts';
import { type Activation, linear, matmul } from './matmul.ts';

type Layout = 'NN' | 'NT' | 'TN' | 'TT';

const matmulCase = (layout: Layout, rows: number, inner: number, columns: number, batch?: number): OpCase => {
  const transpose = { transposeA: layout[0] === 'T', transposeB: layout[1] === 'T' };
  const leading = batch === undefined ? [] : [batch];
  const a = transpose.transposeA ? [inner, rows] : [rows, inner];
  const b = transpose.transposeB ? [columns, inner] : [inner, columns];
  return {
    name: `${layout} ${batch === undefined ? '' : `${batch} x `}[${rows}, ${inner}] [${inner}, ${columns}]`,
    inputs: [normal([...leading, ...a]), normal([...leading, ...b])],
    op: (x, y) => matmul(x, y, transpose),
    reference: (x, y) => matmulReference(x, y, transpose),
    flops: 2 * (batch ?? 1) * rows * inner * columns,
  };
};

/** Rounding to half precision and to a neighbour of it at that, as adapters may. */
const rounding = 2 ** -10;

/**
 * The same of halves: what is wrong forward is then the arithmetic's fault, or, with a result in half precision, its
 * rounding.
 */
const halfCase = (testCase: OpCase, precision: Precision = 'f32'): OpCase => ({
  ...testCase,
  name: `${testCase.name} of halves, to ${precision}`,
  inputs: testCase.inputs.map((input) => ({ ...input, half: true })),
  op: (x, y, ...rest) => {
    const result = testCase.op(cast(x, precision), cast(y, 'f16'), ...rest) as Tensor;
    return cast(result, 'f32');
  },
  tolerance: precision === 'f16' ? rounding : 2e-5,
  gradientTolerance: 2 * rounding,
});

interface LinearCase {
  readonly bias?: boolean;
  readonly activation?: Activation;
  readonly residual?: boolean;
}

const linearCase = (
  leading: number[],
  inner: number,
  columns: number,
  { bias, activation, residual }: LinearCase = {},
): OpCase => {
  const parts = [bias ? 'bias' : [], activation ?? [], residual ? 'residual' : []].flat();
  return {
    name: `linear [${[...leading, inner]}] to ${columns} ${parts.join(' + ')}`.trimEnd(),
    inputs: [
      normal([...leading, inner]),
      normal([columns, inner], { scale: 1.5 / Math.sqrt(inner) }),
      ...(bias ? [normal([columns])] : []),
      ...(residual ? [normal([...leading, columns])] : []),
    ],
    op: (x, weight, ...rest) =>
      linear(x, weight, {
        bias: bias ? rest[0] : undefined,
        activation,
        residual: residual ? rest[bias ? 1 : 0] : undefined,
      }),
    reference: (x, weight, ...rest) =>
      linearReference(x, weight, {
        bias: bias ? rest[0] : undefined,
        activation,
        residual: residual ? rest[bias ? 1 : 0] : undefined,
      }),
    flops: 2 * leading.reduce((product, size) => product * size, 1) * inner * columns,
  };
};

/** The same with a weight in int8. The scales differ by up to a hundred times, so that none stands for another. */
const int8Case = (leading: number[], inner: number, columns: number, options: LinearCase = {}): OpCase => {
  const floats = linearCase(leading, inner, columns, options);
  const scales = fixed([columns], {
    seed: 3,
    map: (random, i) => (0.02 * (1 + (i % 5) * random ** 2)) / Math.sqrt(inner),
  });
  const rest = floats.inputs.slice(2).map(({ shape }, i) => fixed(shape, { seed: 5 + i }));
  return {
    ...floats,
    name: `${floats.name} of int8`,
    inputs: [fixed([...leading, inner]), int8([columns, inner]), scales, ...rest],
    op: (x, weight, scale, ...others) => floats.op(x, dequantize(weight, scale), ...others),
    reference: (x, weight, scale, ...others) => floats.reference(x, dequantizeReference(weight, scale), ...others),
  };
};

export const cases = [
  ...(['NN', 'NT', 'TN', 'TT'] as const).flatMap((layout) => [
    matmulCase(layout, 1, 1, 1),
    matmulCase(layout, 37, 23, 41),
    matmulCase(layout, 36, 20, 44),
    matmulCase(layout, 5, 8, 12, 3),
  ]),
  matmulCase('TN', 12, 1030, 8),
  matmulCase('NN', 4, 516, 8),
  matmulCase('NT', 4, 516, 8),
  matmulCase('NT', 70, 64, 68),
  // Around the edges of tiles of 16 or 32 rows and 32 columns.
  ...(
    [
      [1, 60],
      [15, 64],
      [16, 4],
      [17, 68],
      [33, 36],
    ] as const
  ).flatMap(([rows, columns]) => [matmulCase('NN', rows, 12, columns), matmulCase('NT', rows, 12, columns)]),
  matmulCase('TN', 28, 9, 60),
  matmulCase('TN', 64, 10, 64),
  matmulCase('TN', 68, 11, 68),
  // A few rows, around the shares of the inner dimension that the threads of matmul.vector.wgsl take.
  matmulCase('NN', 3, 516, 36),
  matmulCase('NT', 1, 260, 20),
  matmulCase('TN', 8, 131, 36),
  matmulCase('TT', 4, 256, 16),
  matmulCase('NT', 6, 12, 20, 3),
  // Several tiles of 64, the last ones partly empty.
  matmulCase('NN', 129, 36, 132),
  matmulCase('NT', 70, 36, 132),
  matmulCase('TN', 132, 35, 68),
  matmulCase('TT', 68, 36, 72),
  // So many that they are made 128 wide.
  matmulCase('NN', 129, 20, 8, 64),
  matmulCase('NT', 10, 20, 8, 128),
  matmulCase('TN', 132, 19, 8, 64),
  matmulCase('TT', 12, 20, 8, 128),
  matmulCase('NN', 12, 8, 132, 64),
  linearCase([2, 7], 12, 20),
  linearCase([3, 3], 8, 12, { bias: true }),
  linearCase([9], 5, 7, { bias: true, activation: 'relu' }),
  linearCase([20], 16, 36, { bias: true, activation: 'relu', residual: true }),
  linearCase([2, 5], 16, 36, { bias: true, activation: 'quickgelu' }),
  linearCase([40], 16, 36, { activation: 'gelu', residual: true }),
  linearCase([3], 6, 6, { bias: true, activation: 'gelu', residual: true }),
  linearCase([8], 128, 4, { residual: true }),
  linearCase([3], 260, 36, { bias: true, activation: 'quickgelu', residual: true }),
  linearCase([70], 20, 68, { bias: true, activation: 'gelu', residual: true }),
  linearCase([5], 12, 20, { bias: true, activation: 'gelu_tanh' }),
  ...(['NN', 'NT', 'TN', 'TT'] as const).flatMap((layout) => [
    halfCase(matmulCase(layout, 4, 4, 4)),
    halfCase(matmulCase(layout, 36, 20, 44), 'f16'),
    halfCase(matmulCase(layout, 20, 8, 12, 3), 'f16'),
    halfCase(matmulCase(layout, 132, 36, 132)),
  ]),
  halfCase(matmulCase('TN', 12, 1030, 8)),
  halfCase(matmulCase('NN', 4, 516, 8)),
  halfCase(matmulCase('NT', 17, 12, 68), 'f16'),
  halfCase(matmulCase('NT', 3, 260, 20)),
  halfCase(matmulCase('NN', 129, 20, 8, 64)),
  halfCase(linearCase([2, 7], 12, 20, { bias: true })),
  halfCase(linearCase([20], 16, 36, { bias: true, activation: 'relu', residual: true }), 'f16'),
  halfCase(linearCase([9], 8, 12, { bias: true, activation: 'relu' }), 'f16'),
  halfCase(linearCase([2, 5], 16, 36, { bias: true, activation: 'quickgelu' }), 'f16'),
  halfCase(linearCase([40], 16, 36, { activation: 'gelu' }), 'f16'),
  halfCase(linearCase([70], 20, 68, { bias: true, residual: true })),
  int8Case([1], 4, 4),
  int8Case([3], 260, 36),
  int8Case([8], 128, 20, { bias: true, activation: 'quickgelu' }),
  int8Case([2, 5], 16, 36, { bias: true, residual: true }),
  int8Case([20], 1032, 8, { residual: true }),
  int8Case([70], 20, 68, { bias: true, activation: 'gelu', residual: true }),
  int8Case([130], 36, 132, { activation: 'relu' }),
  // Not in whole words, so that the weight becomes floats first.
  int8Case([9], 5, 7, { bias: true, activation: 'relu' }),
  int8Case([5], 8, 6),
];

const blockCases = (tokens: number, width: number) => [
  linearCase([tokens], width, 3 * width, { bias: true }),
  linearCase([tokens], width, 4 * width, { bias: true, activation: 'quickgelu' }),
  linearCase([tokens], 4 * width, width, { bias: true, residual: true }),
];

export const benchmarks = [
  ...(['NN', 'NT', 'TN'] as const).flatMap((layout) => [
    matmulCase(layout, 512, 512, 512),
    matmulCase(layout, 1024, 1024, 1024),
    matmulCase(layout, 2464, 512, 2048),
  ]),
  ...(['NN', 'NT', 'TN'] as const).map((layout) => halfCase(matmulCase(layout, 1024, 1024, 1024))),
  ...blockCases(32 * 77, 512),
  ...blockCases(128 * 12, 128),
  matmulCase('NN', 2464, 2048, 512),
  matmulCase('TN', 512, 2464, 2048),
  ...[1, 16, 32 * 77].flatMap((rows) => [
    linearCase([rows], 512, 2048, { bias: true, activation: 'quickgelu' }),
    int8Case([rows], 512, 2048, { bias: true, activation: 'quickgelu' }),
  ]),
  linearCase([32], 640, 640, { bias: true, activation: 'relu' }),
  matmulCase('NT', 77, 64, 77, 256),
];
