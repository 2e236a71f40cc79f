import { seededRandom } from '@webcir/data';
import { describe, expect, it } from 'vitest';
import { eigenvalues } from '../../src/study/eigenvalues.ts';
import type { Draw, Quantity } from '../../src/study/measure.ts';
import { angle, coneWidth, gap } from '../../src/study/modality.ts';
import { normDeviation, norms, normsOf } from '../../src/study/norms.ts';
import { principalPlane, project } from '../../src/study/principal-plane.ts';
import type { Space } from '../../src/study/space.ts';
import { componentName, rankOf, spectrum, spectrumParts } from '../../src/study/spectrum.ts';
import { deviationOf } from '../../src/study/spread.ts';
import { alignment, alignmentDeviation, uniformity } from '../../src/study/uniformity.ts';
import { unitRows } from '../../src/study/vectors.ts';
import { all, repeated, spaceOf } from './spaces.ts';

const numbers = (quantity: Quantity, space: Space, draw: Draw): Record<string, number> => {
  const { of, statistic } = quantity.prepare(space)!;
  const values = statistic(draw);
  return Object.fromEntries(of.map((name, i) => [name, values[i]]));
};
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
/** A draw that leaves rows out and repeats others. */
const uneven: Draw = {
  queries: new Float64Array([2, 0, 1, 3, 0, 0]),
  images: new Float64Array([1, 1, 0, 2, 0, 4, 0, 0]),
};

describe('norms', () => {
  it('are lengths before anything is normalized', () => {
    const texts = Float32Array.of(3, 4, 0, 10);
    const references = Float32Array.of(0, 1, 2, 0);
    const space = spaceOf({ dim: 2, texts, references, queries: Float32Array.of(6, 8, 0, 2) }, 2, 3);
    const found = numbers(norms, space, all(2, 3));
    expect(found).toMatchObject({ texts: 7.5, references: 1.5, queries: 6, 'text / reference': 5 });
    expect(numbers(norms, { ...space, sameClip: true }, all(2, 3))).toEqual({ queries: 6 });
    expect([...normsOf(space).texts.values]).toEqual([5, 10]);
    expect(numbers(normDeviation, space, all(2, 3))).toMatchObject({ texts: 2.5, references: 0.5, queries: 4 });
  });
});

describe('a standard deviation', () => {
  it('counts rows as often as a draw holds them, and leaves out what is no number', () => {
    // Of 1, 1, 4, 4, 4 and 10: the mean is 4, the squares 9 + 9 + 36.
    expect(deviationOf([1, 4, Number.NaN, 10], [2, 3, 5, 1])).toBeCloseTo(3, 12);
    expect(deviationOf([7, 7], [1, 4])).toBe(0);
  });
});

describe('means of modalities', () => {
  const images = Float32Array.of(5, 0, 2, 0);
  const texts = Float32Array.of(0, 1, 0, 9);

  it('are √2 and a right angle apart where two sets lie on two axes, whatever their lengths', () => {
    const space = spaceOf({ dim: 2, gallery: images, texts, queries: texts, targets: texts }, 2, 2);
    expect(numbers(gap, space, all(2))['images–texts']).toBeCloseTo(Math.SQRT2, 12);
    expect(numbers(angle, space, all(2))['images–texts']).toBeCloseTo(90, 10);
    expect(numbers(gap, space, all(2))['queries–targets']).toBe(0);
    expect(numbers(angle, space, all(2))['queries–targets']).toBeCloseTo(0, 5);
  });

  it('count rows as often as a draw holds them', () => {
    const space = spaceOf({ dim: 3 });
    const unit = (rows: Float32Array, counts: Float64Array) => repeated(unitRows(rows, 3), 3, counts);
    const mean = (rows: number[][]) => [0, 1, 2].map((d) => rows.reduce((sum, row) => sum + row[d], 0) / rows.length);
    const [a, b] = [mean(unit(space.gallery, uneven.images)), mean(unit(space.texts, uneven.queries))];
    const expected = Math.hypot(...a.map((value, d) => value - b[d]));
    expect(numbers(gap, space, uneven)['images–texts']).toBeCloseTo(expected, 12);
  });

  it('compare only the queries where the CLIP is the same', () => {
    const space = spaceOf({ dim: 3, sameClip: true });
    expect(Object.keys(numbers(gap, space, all(6, 8)))).toEqual(['queries–targets']);
    expect(Object.keys(numbers(coneWidth, space, all(6, 8)))).toEqual(['queries']);
  });
});

describe('cone width', () => {
  it('is the mean cosine of all pairs of different rows', () => {
    const space = spaceOf({ dim: 3 });
    const units = unitRows(space.queries, 3);
    const row = (i: number) => [...units.subarray(3 * i, 3 * i + 3)];
    let [sum, pairs] = [0, 0];
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) {
        if (i === j) continue;
        sum += uneven.queries[i] * uneven.queries[j] * dot(row(i), row(j));
        pairs += uneven.queries[i] * uneven.queries[j];
      }
    }
    expect(numbers(coneWidth, space, uneven).queries).toBeCloseTo(sum / pairs, 12);
  });

  it('is 1 where all point the same way and -1/(n-1) at the corners of a simplex', () => {
    const corners = Float32Array.of(1, 0, -0.5, Math.sqrt(3) / 2, -0.5, -Math.sqrt(3) / 2);
    const space = spaceOf({ dim: 2, queries: corners, texts: Float32Array.of(1, 1, 2, 2, 3, 3) }, 3, 2);
    const found = numbers(coneWidth, space, all(3, 2));
    expect(found.queries).toBeCloseTo(-0.5, 6);
    expect(found.texts).toBeCloseTo(1, 12);
  });
});

describe('alignment and uniformity', () => {
  it('are what the formulas say', () => {
    const targets = Float32Array.of(1, 0, 0, 1);
    const space = spaceOf(
      { dim: 2, targets, queries: Float32Array.of(2, 0, 3, 0), texts: Float32Array.of(-1, 0, 0, -1) },
      2,
      2,
    );
    // One query lies on its target, the other at a right angle; both texts lie opposite to theirs.
    expect(numbers(alignment, space, all(2))).toEqual({
      'texts–targets': expect.closeTo(4, 12),
      'queries–targets': expect.closeTo(1, 12),
    });
    expect(numbers(alignmentDeviation, space, all(2))).toEqual({ 'texts–targets': 0, 'queries–targets': 1 });
    const pair = { first: new Uint32Array([0]), second: new Uint32Array([1]) };
    const found = numbers(uniformity(pair, pair), space, all(2));
    expect(found.targets).toBeCloseTo(-4, 12); // log exp(-2 · 2)
    expect(found.queries).toBeCloseTo(0, 12);
  });
});

describe('eigenvalues', () => {
  it('of the second difference are 2 - 2 cos(kπ / (n + 1))', () => {
    const size = 40;
    const matrix = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      matrix[i * size + i] = 2;
      if (i > 0) matrix[i * size + i - 1] = -1;
    }
    const found = eigenvalues(matrix, size);
    const expected = Array.from({ length: size }, (_, k) => 2 - 2 * Math.cos(((size - k) * Math.PI) / (size + 1)));
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 12);
  });

  it('survive reflections of a diagonal matrix, zeros and equal ones among them', () => {
    const values = [9, 4, 4, 1, 1e-6, 0, 0];
    const size = values.length;
    const random = seededRandom(2);
    let matrix = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => (i === j ? values[i] : 0)),
    );
    for (let turn = 0; turn < 5; turn++) {
      const v = Array.from({ length: size }, () => random() - 0.5);
      const h = v.map((a, i) => v.map((b, j) => Number(i === j) - (2 * a * b) / dot(v, v)));
      const times = (a: number[][], b: number[][]) =>
        a.map((row) =>
          row.map((_, j) =>
            dot(
              row,
              b.map((r) => r[j]),
            ),
          ),
        );
      matrix = times(times(h, matrix), h);
    }
    for (const [i, value] of eigenvalues(matrix.flat(), size).entries()) expect(value).toBeCloseTo(values[i], 12);
  });

  it('of a single number is that number', () => {
    expect([...eigenvalues([3], 1)]).toEqual([3]);
  });
});

describe('spectrum', () => {
  /** Unit vectors both ways along the first axes: they vary alike in each of these directions. */
  const alongAxes = (axes: number, dim: number) =>
    Float32Array.from({ length: 2 * axes * dim }, (_, at) => {
      const row = Math.floor(at / dim);
      return Math.floor(row / 2) === at % dim ? (row % 2 ? -1 : 1) : 0;
    });

  it('counts the directions in which a set varies alike', () => {
    const space = spaceOf({ dim: 8, queries: alongAxes(5, 8), texts: alongAxes(5, 8), targets: alongAxes(5, 8) }, 10);
    expect(numbers(spectrum, space, all(10, 8)).queries).toBeCloseTo(5, 10);
    expect(rankOf(Float64Array.of(1, 0, 0))).toBe(1);
    // exp of the entropy of 2/3 and 1/3, the shares of singular values 2 and 1
    expect(rankOf(Float64Array.of(4 / 5, 1 / 5))).toBeCloseTo(Math.exp(Math.log(3) - (2 / 3) * Math.log(2)), 12);
  });

  it('is that of what is left without the mean', () => {
    const around = Float32Array.of(2, 1, 2, -1, 4, 2, 4, -2); // two directions, of which one is the mean
    const space = spaceOf({ dim: 2, queries: around, texts: around, targets: around }, 4);
    expect(numbers(spectrum, space, all(4, 8)).queries).toBeCloseTo(1, 6);
  });

  it('has the share of the variance of each direction, largest first', () => {
    // ±2 along the first axis and ±1 along the second, on a unit sphere whose third axis takes up the rest.
    const rows = [
      [0.4, 0, 1],
      [-0.4, 0, 1],
      [0, 0.2, 1],
      [0, -0.2, 1],
    ].map(([x, y]) => [x, y, Math.sqrt(1 - x * x - y * y)]);
    const space = spaceOf({ dim: 3, queries: Float32Array.from(rows.flat()) }, 4);
    const found = numbers(spectrum, space, all(4, 8));
    const heights = rows.map(([, , z]) => z);
    const mean = heights.reduce((sum, z) => sum + z, 0) / 4;
    const third = heights.reduce((sum, z) => sum + (z - mean) ** 2, 0);
    const total = 2 * 0.16 + 2 * 0.04 + third;
    const expected = [0.32, 0.08, third].map((value) => (100 * value) / total);
    expect([1, 2, 3].map((i) => found[componentName('queries', i)])).toEqual(
      expected.map((share) => expect.closeTo(share, 4)),
    );
    expect(found[componentName('queries', 4)]).toBeUndefined();
  });

  it('is told apart into ranks and shares', () => {
    const one = { quantity: 'spectrum', stage: 'base', value: 1, low: 0, high: 2 } as const;
    const measured = ['texts', componentName('texts', 1)].map((of) => ({ ...one, of }));
    const { ranks, shares } = spectrumParts({ measured, changes: [] });
    expect(ranks.measured).toEqual([{ ...measured[0], quantity: 'effective rank' }]);
    expect(shares.measured).toEqual([{ ...measured[1], quantity: '% of variance' }]);
  });
});

describe('principalPlane', () => {
  it('finds the two directions in which rows vary most, around their mean', () => {
    const random = seededRandom(4);
    const rows = Float64Array.from(
      { length: 200 * 4 },
      (_, at) => [7, 1, -2, 5][at % 4] + [3, 0.1, 9, 0.1][at % 4] * (random() - 0.5),
    );
    const { axes } = principalPlane(rows, 4);
    expect(axes[0][2]).toBeGreaterThan(0.999);
    expect(axes[1][0]).toBeGreaterThan(0.999);
    const points = project(rows, 4, principalPlane(rows, 4));
    expect(points.reduce((sum, { x }) => sum + x, 0) / 200).toBeCloseTo(0, 10);
    expect(points[3].x - points[5].x).toBeCloseTo(rows[3 * 4 + 2] - rows[5 * 4 + 2], 1);
  });
});
