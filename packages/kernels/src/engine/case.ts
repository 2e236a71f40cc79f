import type { DType, HostArray, Tensor } from '../graph.ts';
import { hostArrays } from './host-array.ts';

/** A dense array in float64 (whole numbers are kept as such), in which references are written. */
export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Values that one input of a case is filled with. */
export type CaseInput =
  /** Normal random numbers. */
  | {
      readonly kind: 'normal';
      readonly shape: readonly number[];
      readonly scale: number;
      readonly mean: number;
      /** Only numbers that half precision holds exactly, so that an op on halves is judged by its arithmetic alone. */
      readonly half: boolean;
    }
  /** Random whole numbers in [0, below), with some bits always set, a u32 tensor. Never differentiated. */
  | { readonly kind: 'index'; readonly shape: readonly number[]; readonly below: number; readonly set: number }
  /** Random whole numbers from -127 to 127, an i8 tensor. Never differentiated. */
  | { readonly kind: 'int8'; readonly shape: readonly number[] }
  /** Given float values, for inputs that must obey a rule. */
  | {
      readonly kind: 'values';
      readonly shape: readonly number[];
      /** Called by `caseValues` alone: a list of cases is made at import, and must cost nothing there. */
      data(): ArrayLike<number>;
      readonly differentiable: boolean;
    };

/** One shape of an op, worth testing or timing. */
export interface OpCase {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  op(...inputs: Tensor[]): Tensor | readonly Tensor[];
  /** The op's meaning, in plain float64. */
  reference(...inputs: NdArray[]): NdArray | readonly NdArray[];
  /** Largest error allowed, relative to the largest value of the tensor; 2e-5 forward, 1e-4 backward unless given. */
  readonly tolerance?: number;
  /** The tolerance of the gradients, where they are less exact than the result. */
  readonly gradientTolerance?: number;
  /** Floating point operations, for the bench. */
  readonly flops?: number;
}

/** Exports of `<op>.cases.ts`. */
export interface OpCases {
  /** Small enough to check every element forward and gradients by central differences. */
  readonly cases: readonly OpCase[];
  /** CLIP's real sizes, for the bench. */
  readonly benchmarks: readonly OpCase[];
}

/** An input of normal random numbers; with `half`, only ones that half precision holds exactly. */
export const normal = (shape: readonly number[], { scale = 1, mean = 0, half = false } = {}): CaseInput => ({
  kind: 'normal',
  shape,
  scale,
  mean,
  half,
});
export const index = (shape: readonly number[], below: number, set = 0): CaseInput => ({
  kind: 'index',
  shape,
  below,
  set,
});
export const int8 = (shape: readonly number[]): CaseInput => ({ kind: 'int8', shape });
/** The dtype of the tensor that an input of a case is. */
export const dtypeOf = ({ kind }: CaseInput): 'f32' | 'u32' | 'i8' =>
  kind === 'index' ? 'u32' : kind === 'int8' ? 'i8' : 'f32';
/** Values of a case's input as a program takes them. */
export const hostValues = (dtype: DType, { data }: NdArray): HostArray => hostArrays[dtype].from(data);
/** @param data a list, or, if it is long or must be computed, a function that makes it when needed */
export const values = (
  shape: readonly number[],
  data: readonly number[] | (() => ArrayLike<number>),
  differentiable = true,
): CaseInput => ({
  kind: 'values',
  shape,
  data: typeof data === 'function' ? data : () => data,
  differentiable,
});

/**
 * Normal random numbers that are not differentiated, and do not depend on the inputs beside them.
 * @param map makes the value at a position out of the random number there
 */
export const fixed = (
  shape: readonly number[],
  { seed = 1, map = (random) => random }: { seed?: number; map?: (random: number, position: number) => number } = {},
): CaseInput =>
  values(shape, () => caseValues([normal(shape)], seed)[0].data.map((random, i) => map(random, i)), false);

export const zeros = (shape: readonly number[]): NdArray => ({
  shape,
  data: new Float64Array(shape.reduce((product, size) => product * size, 1)),
});

/** The values of a case's inputs: the same for the same seed, everywhere. */
export function caseValues(inputs: readonly CaseInput[], seed = 1): NdArray[] {
  const random = uniform(seed);
  return inputs.map((input) => {
    const array = zeros(input.shape);
    if (input.kind === 'values') array.data.set(input.data());
    for (let i = 0; i < array.data.length && input.kind !== 'values'; i++) {
      if (input.kind === 'index') array.data[i] = (Math.floor(random() * input.below) | input.set) >>> 0;
      else if (input.kind === 'int8') array.data[i] = Math.floor(random() * 255) - 127;
      else {
        const gaussian = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
        // Rounded to float32, so that device and reference start from the same numbers.
        const value = input.mean + input.scale * gaussian;
        array.data[i] = input.half ? nearHalf(value) : Math.fround(value);
      }
    }
    return array;
  });
}

/** A number near `value` with the 11 significant bits of half precision. */
function nearHalf(value: number): number {
  const step = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -14) - 10);
  return Math.round(value / step) * step;
}

/** mulberry32: small, and good enough for test data. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
