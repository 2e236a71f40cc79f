import { fixed, type OpCase } from '../../engine/case.ts';
import { nonFiniteReference } from './non-finite.reference.ts';
import { nonFinite } from './non-finite.ts';

const bad = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** @param at where the values lie that are to be counted */
const nonFiniteCase = (count: number, at: readonly number[]): OpCase => ({
  name: `[${count}] with ${at.length}`,
  inputs: [fixed([count], { map: (value, i) => (at.includes(i) ? bad[at.indexOf(i) % bad.length] : value) })],
  op: nonFinite,
  reference: nonFiniteReference,
});

export const cases = [
  nonFiniteCase(1, [0]),
  nonFiniteCase(7, []),
  nonFiniteCase(130, [0, 3, 129]),
  nonFiniteCase(20_001, [17, 16_384, 20_000]),
];
export const benchmarks = [nonFiniteCase(2 ** 20, [])];
