// Every case of every op folder, forward and backward, in every variant that this adapter can run.
import { afterAll, describe, expect, it } from 'vitest';
import { allCases } from '../src/cases.ts';
import {
  type CaseInput,
  caseValues,
  dtypeOf,
  hostValues,
  type NdArray,
  normal,
  type OpCase,
} from '../src/engine/case.ts';
import { openDevice } from '../src/engine/device.ts';
import { variantChoices } from '../src/engine/variants.ts';
import { ancestors } from '../src/graph.ts';
import { add, compile, gradients, input, multiply, reshape, sum, type Tensor } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const asList = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value]) as readonly T[];
const inputName = (i: number) => `input ${i}`;
const isDifferentiable = (spec: CaseInput) => spec.kind === 'normal' || (spec.kind === 'values' && spec.differentiable);

function leaves(specs: readonly CaseInput[]): Tensor[] {
  return specs.map((spec, i) => input(inputName(i), spec.shape, dtypeOf(spec)));
}

function hostInputs(specs: readonly CaseInput[], arrays: readonly NdArray[]) {
  return Object.fromEntries(specs.map((spec, i) => [inputName(i), hostValues(dtypeOf(spec), arrays[i])]));
}

/** The largest error, relative to the largest value. */
function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let scale = 1e-6;
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Number.isFinite(found[i]) ? Math.abs(found[i] - expected[i]) : Number.POSITIVE_INFINITY);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return error / scale;
}

async function checkForward(testCase: OpCase): Promise<void> {
  const arrays = caseValues(testCase.inputs);
  const outputs = asList(testCase.op(...leaves(testCase.inputs)));
  const expected = asList(testCase.reference(...arrays));
  expect(outputs.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  const names = outputs.map((_, i) => `output ${i}`);
  for (const variants of variantChoices(outputs, device.capabilities)) {
    const program = await compile(device, {
      outputs: Object.fromEntries(outputs.map((output, i) => [names[i], output])),
      variants,
    });
    const used = Object.fromEntries(
      Object.entries(hostInputs(testCase.inputs, arrays)).filter(([, values]) => values.length > 0),
    );
    const results = await program.runAndRead(used, names);
    for (const [i, name] of names.entries()) {
      const found = outputs[i].dtype === 'u32' ? new Uint32Array(results[name].buffer) : results[name];
      expect(relativeError(found, expected[i].data), `${name} ${JSON.stringify(variants)}`).toBeLessThan(
        testCase.tolerance ?? 2e-5,
      );
    }
    program.dispose();
  }
}

/** d(sum of outputs weighted with fixed numbers) / d(input), device against central differences of the reference. */
async function checkBackward(testCase: OpCase): Promise<void> {
  const arrays = caseValues(testCase.inputs);
  const tensors = leaves(testCase.inputs);
  const outputs = asList(testCase.op(...tensors)).filter(({ dtype }) => dtype === 'f32');
  const expected = asList(testCase.reference(...arrays));
  const weights = caseValues(
    expected.map(({ shape }) => normal(shape)),
    7,
  );
  const weighted = outputs.map((output, i) => {
    const flat = [output.shape.reduce((product, size) => product * size, 1)];
    return sum(multiply(reshape(output, flat), input(`weight ${i}`, flat)));
  });
  const targets = tensors.filter((_, i) => isDifferentiable(testCase.inputs[i]));
  const loss = weighted.reduce((a, b) => add(a, b));
  const grads = gradients(loss, targets);
  const objective = (values: readonly NdArray[]) =>
    asList(testCase.reference(...values)).reduce(
      (total, { data }, i) => total + data.reduce((part, value, k) => part + value * weights[i].data[k], 0),
      0,
    );

  const names = grads.map((_, i) => `gradient ${i}`);
  const feeds = {
    ...hostInputs(testCase.inputs, arrays),
    ...Object.fromEntries(outputs.map((_, i) => [`weight ${i}`, Float32Array.from(weights[i].data)])),
  };
  const reachable = new Set(ancestors(grads).flatMap(({ source }) => (source.kind === 'input' ? [source.name] : [])));
  const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => reachable.has(name)));
  const differences = targets.map((target) => centralDifferences(arrays, tensors.indexOf(target), objective));
  for (const variants of variantChoices(grads, device.capabilities)) {
    const program = await compile(device, {
      outputs: Object.fromEntries(grads.map((gradient, i) => [names[i], gradient])),
      variants,
    });
    const results = await program.runAndRead(used, names);
    for (const [i, name] of names.entries()) {
      const { positions, values } = differences[i];
      expect(grads[i].shape).toEqual(targets[i].shape);
      const found = positions.map((position) => results[name][position]);
      expect(relativeError(found, values), `${name} ${JSON.stringify(variants)}`).toBeLessThan(
        testCase.gradientTolerance ?? testCase.tolerance ?? 1e-4,
      );
    }
    program.dispose();
  }
}

const sampled = 24;

function centralDifferences(
  arrays: readonly NdArray[],
  which: number,
  objective: (values: readonly NdArray[]) => number,
) {
  const { shape, data } = arrays[which];
  const stride = Math.max(1, Math.floor(data.length / sampled) | 1);
  const positions = [...data.keys()].filter((i) => i % stride === 0);
  const at = (position: number, step: number) => {
    const moved = Float64Array.from(data);
    moved[position] += step;
    return objective(arrays.map((array, i) => (i === which ? { shape, data: moved } : array)));
  };
  const step = 1e-5;
  return { positions, values: positions.map((position) => (at(position, step) - at(position, -step)) / (2 * step)) };
}

for (const [op, { cases }] of Object.entries(allCases)) {
  describe(op, () => {
    for (const testCase of cases) {
      it(`${testCase.name} forward`, () => checkForward(testCase));
      if (testCase.inputs.some(isDifferentiable)) it(`${testCase.name} backward`, () => checkBackward(testCase));
    }
  });
}
