import { apply, type OpDefinition } from './op.ts';
import type { Tensor } from './tensor.ts';

/** A dense array in float64 (u32 values are kept as numbers), in which references are written. */
export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type CaseInput =
  /** Normal random numbers. */
  | { readonly kind: 'normal'; readonly shape: readonly number[]; readonly scale: number; readonly mean: number }
  /** Random whole numbers in [0, below), a u32 tensor. Never differentiated. */
  | { readonly kind: 'index'; readonly shape: readonly number[]; readonly below: number }
  /** Given float values, for inputs that must obey a rule. */
  | {
      readonly kind: 'values';
      readonly shape: readonly number[];
      readonly data: readonly number[];
      readonly differentiable: boolean;
    };

/** One shape of an op, worth testing or timing. */
export interface OpCase {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  op(...inputs: Tensor[]): Tensor | readonly Tensor[];
  /** What the op means, in plain float64. */
  reference(...inputs: NdArray[]): NdArray | readonly NdArray[];
  /** Largest error allowed, relative to the largest value of the tensor; 2e-5 unless given. */
  readonly tolerance?: number;
  /** Floating point operations, for the bench. */
  readonly flops?: number;
}

/** What `<op>.cases.ts` exports. */
export interface OpCases {
  /** Small enough to check every element forward and gradients by central differences. */
  readonly cases: readonly OpCase[];
  /** CLIP's real sizes, for the bench. */
  readonly benchmarks: readonly OpCase[];
}

export const normal = (shape: readonly number[], { scale = 1, mean = 0 } = {}): CaseInput => ({
  kind: 'normal',
  shape,
  scale,
  mean,
});
export const index = (shape: readonly number[], below: number): CaseInput => ({ kind: 'index', shape, below });
export const values = (shape: readonly number[], data: readonly number[], differentiable = true): CaseInput => ({
  kind: 'values',
  shape,
  data,
  differentiable,
});

export const zeros = (shape: readonly number[]): NdArray => ({
  shape,
  data: new Float64Array(shape.reduce((product, size) => product * size, 1)),
});

/** The values of a case's inputs: the same for the same seed, everywhere. */
export function caseValues(inputs: readonly CaseInput[], seed = 1): NdArray[] {
  const random = uniform(seed);
  return inputs.map((input) => {
    const array = zeros(input.shape);
    for (let i = 0; i < array.data.length; i++) {
      if (input.kind === 'values') array.data[i] = input.data[i];
      else if (input.kind === 'index') array.data[i] = Math.floor(random() * input.below);
      else {
        const gaussian = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
        // Rounded to float32, so that device and reference start from the same numbers.
        array.data[i] = Math.fround(input.mean + input.scale * gaussian);
      }
    }
    return array;
  });
}

/** mulberry32: small, and good enough for test data. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pulled: OpDefinition<object> = {
  name: 'pulled',
  outputs: () => [{ shape: [1], dtype: 'f32' }],
  launch: () => {
    throw new Error('pulled: this loss has no value, only gradients');
  },
  gradient: ({ inputs: [, gradient] }) => [gradient],
};

/**
 * A loss without a value whose gradient with respect to `output` is `gradient`: what is differentiated from here runs
 * nothing but the backward pass, for the bench to time.
 * @param gradient of the output's shape
 */
export const pulledBy = (output: Tensor, gradient: Tensor): Tensor => apply(pulled, [output, gradient], {})[0];
