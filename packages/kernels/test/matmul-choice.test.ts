// Which kernel a matrix product is run in on adapters that are not here: a plan is made from plain data.
import { expect, it } from 'vitest';
import type { Capabilities, SubgroupMatrix } from '../src/engine/capabilities.ts';
import { makePlan } from '../src/engine/plan.ts';
import { ancestors } from '../src/graph.ts';
import { cast, input, matmul } from '../src/index.ts';

const matrix = (type: string, resultType: string, m: number, n: number, k: number): SubgroupMatrix => ({
  type,
  resultType,
  m,
  n,
  k,
});

const adapter = (more: Partial<Capabilities>): Capabilities => ({
  features: new Set(['subgroups', 'shader-f16']),
  subgroupSize: 32,
  largestSubgroup: 32,
  subgroupMatrices: [],
  software: false,
  vendor: 'nvidia',
  maxBindingSize: 2 ** 31,
  maxWorkgroupInvocations: 1024,
  maxWorkgroupMemory: 49152,
  ...more,
});

const without = adapter({});
const nvidia = adapter({ subgroupMatrices: [matrix('f16', 'f16', 16, 16, 16), matrix('f16', 'f32', 16, 16, 16)] });
const amd = adapter({ vendor: 'amd', largestSubgroup: 64, subgroupMatrices: [matrix('f16', 'f32', 16, 16, 16)] });
const lavapipe = adapter({ software: true, subgroupSize: 8 });
const swiftshader = adapter({ software: true, subgroupSize: 4 });
const intel = adapter({ vendor: 'intel', subgroupMatrices: [matrix('f16', 'f32', 8, 16, 16)] });
const apple = adapter({
  vendor: 'apple',
  subgroupMatrices: [matrix('f32', 'f32', 8, 8, 8), matrix('f16', 'f16', 8, 8, 8)],
});

function chosen(capabilities: Capabilities, type: 'f32' | 'f16', rows: number, inner: number, columns: number) {
  const [a, b] = [input('a', [rows, inner]), input('b', [inner, columns])].map((tensor) => cast(tensor, type));
  const y = matmul(a, b, { precision: 'f32' });
  const { steps } = makePlan(ancestors([y]), [y], capabilities, {});
  const step = steps.find(({ kind, ...rest }) => kind === 'dispatch' && 'label' in rest && rest.label === 'matmul');
  if (step?.kind !== 'dispatch') throw new Error('no product in the plan');
  return [step.dispatch.kernel.name, step.dispatch.constants.threads ?? step.dispatch.constants.wide];
}

it.each([
  ['large tiles where there are many', without, 'f32', 4096, 64, 4096, 'matmul.tiled', 1],
  ['small ones where there are few', without, 'f32', 1024, 64, 1024, 'matmul.tiled', 0],
  ['a few rows', without, 'f32', 8, 640, 640, 'matmul.vector', undefined],
  ['sizes that are no multiples of 4', without, 'f32', 64, 63, 64, 'matmul', undefined],
  ['no tensor cores for singles', nvidia, 'f32', 1024, 64, 1024, 'matmul.tiled', 0],
  ['tensor cores', nvidia, 'f16', 4096, 64, 4096, 'matmul.matrix.half.large', 256],
  ['tensor cores, just enough tiles', nvidia, 'f16', 2048, 64, 2048, 'matmul.matrix.half.large', 256],
  ['tensor cores, fewer tiles', nvidia, 'f16', 2048, 64, 1024, 'matmul.matrix.half.small', 128],
  ['halves that are no multiples of 8', nvidia, 'f16', 512, 60, 512, 'matmul.tiled', 0],
  ['a few rows of halves', nvidia, 'f16', 4, 640, 640, 'matmul.vector', undefined],
  ['subgroups of up to 64', amd, 'f16', 512, 64, 512, 'matmul.matrix.half.small', 256],
  ['another size of matrices', intel, 'f16', 4096, 64, 4096, 'matmul.matrix.half.intel', 128],
  ['eight lanes of a CPU', lavapipe, 'f32', 1, 640, 640, 'matmul.subgroup', undefined],
  ['four lanes of a CPU', swiftshader, 'f32', 1, 640, 640, 'matmul.quad', undefined],
  ['four lanes of a CPU, halves', swiftshader, 'f16', 64, 64, 64, 'matmul.quad', undefined],
  ['matrices of singles', apple, 'f32', 512, 64, 512, 'matmul.matrix.single', 128],
  ['halves only added up in halves', apple, 'f16', 512, 64, 512, 'matmul.register', undefined],
] as const)('%s', (_, capabilities, type, rows, inner, columns, kernel, constant) => {
  expect(chosen(capabilities, type, rows, inner, columns)).toEqual([kernel, constant]);
});

it('with little workgroup memory, tensor cores in small tiles', () => {
  const small = { ...nvidia, maxWorkgroupMemory: 16384 };
  expect(chosen(small, 'f16', 4096, 64, 4096)[0]).toBe('matmul.matrix.half.small');
});
