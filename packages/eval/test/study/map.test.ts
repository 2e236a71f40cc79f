import { seededRandom } from '@webcir/data';
import { describe, expect, it } from 'vitest';
import { closeGaps } from '../../src/study/map/close-gaps.ts';
import { keptByMap } from '../../src/study/map/kept-by-map.ts';
import { expectedOf, layoutsOf } from '../../src/study/map/layouts.ts';
import { POINTS, pointsOf, sampledRows } from '../../src/study/map/points.ts';
import { umap } from '../../src/study/map/umap.ts';
import type { NearestRows } from '../../src/study/movement.ts';
import type { Space } from '../../src/study/space.ts';
import { dotRows, rowsOf, unitRows } from '../../src/study/vectors.ts';
import { normal, spaceOf } from './spaces.ts';

/** The nearest other rows, in float64. */
function nearest(values: ArrayLike<number>, dim: number, k: number): NearestRows {
  const units = unitRows(values, dim);
  const lists = Array.from({ length: rowsOf(values, dim) }, (_, row, count = rowsOf(values, dim)) =>
    Array.from({ length: count }, (_, other) => ({ other, cosine: dotRows(units, row, units, other, dim) }))
      .filter(({ other }) => other !== row)
      .sort((a, b) => b.cosine - a.cosine)
      .slice(0, k),
  );
  return {
    rows: lists.map((list) => list.map(({ other }) => other)),
    cosines: lists.map((list) => list.map(({ cosine }) => cosine)),
  };
}
const others = async ({ dim }: Space, rows: Float32Array, k: number) => nearest(rows, dim, k);

describe('the points of a map', () => {
  it('are all rows, or some at even distances', () => {
    expect(sampledRows(3)).toEqual([0, 1, 2]);
    expect(sampledRows(0)).toEqual([]);
    const many = sampledRows(2505);
    expect(many.slice(0, 3)).toEqual([0, 7, 14]);
    expect(many.length).toBeLessThanOrEqual(POINTS);
    expect(many.at(-1)).toBeLessThan(2505);
    expect([...pointsOf(spaceOf({ dim: 2, texts: Float32Array.of(1, 2, 3, 4) }, 2), 'texts')]).toEqual([1, 2, 3, 4]);
  });
});

describe('umap', () => {
  const random = seededRandom(8);
  const dim = 6;
  /** Two clusters around two axes. */
  const rows = Float32Array.from({ length: 60 * dim }, (_, at) => {
    const [row, d] = [Math.floor(at / dim), at % dim];
    return (d === (row < 30 ? 0 : 1) ? 8 : 0) + 0.5 * normal(random);
  });
  const neighbours = nearest(rows, dim, 10);
  const start = Float64Array.from({ length: 120 }, (_, at) => (at % 2 ? 0.1 * normal(random) : at < 60 ? -1 : 1));

  it('keeps neighbours together, and clusters where the start has them', () => {
    const map = umap(neighbours, start, 1);
    const middle = (from: number) =>
      Array.from({ length: 30 }, (_, i) => map[2 * (from + i)]).reduce((sum, x) => sum + x, 0) / 30;
    expect(middle(0)).toBeLessThan(middle(30) - 5);
    const kept = keptByMap(neighbours.rows, map, [...neighbours.rows.keys()]);
    const before = keptByMap(neighbours.rows, start, [...neighbours.rows.keys()]);
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(kept)).toBeGreaterThan(mean(before) + 0.1);
  });

  it('gives the same map for the same seed', () => {
    expect(umap(neighbours, start, 2)).toEqual(umap(neighbours, start, 2));
    expect(umap(neighbours, start, 2)).not.toEqual(umap(neighbours, start, 3));
  });
});

describe('closeGaps', () => {
  it('shortens what is empty along an axis, and leaves the rest as it is', () => {
    const map = Float64Array.of(9, 0, 0, 3, 10, 0.5, 0.5, 1);
    expect([...closeGaps(map, 2)]).toEqual([2.5, 0, 0, 3, 3.5, 0.5, 0.5, 1]);
    expect([...closeGaps(map, 1)]).toEqual([1.5, 0, 0, 2, 2.5, 0.5, 0.5, 1]);
    expect(closeGaps(map, 9)).toEqual(map);
  });
});

describe('layouts', () => {
  it('have the same axes at every stage: what a stage leaves alone stays where it is', async () => {
    const base = spaceOf({ dim: 4 }, 12, 15);
    const { texts, queries } = spaceOf({ dim: 4, stage: 'stage1' }, 13, 15);
    const tuned = {
      ...base,
      stage: 'stage1' as const,
      texts: texts.slice(0, 48),
      queries: queries.map((value) => -value).slice(0, 48),
    };
    const found = await layoutsOf([base, tuned], others, 1, 3);
    expect(found.map(({ name }) => name)).toEqual(['UMAP', 'PCA']);
    for (const { panels } of found) {
      const [before, after] = panels.map(({ positions }) => positions);
      expect(panels.map(({ stage }) => stage)).toEqual(['base', 'stage1']);
      expect(before).toHaveLength(2 * (15 + 3 * 12));
      expect(after.subarray(0, 30)).toEqual(before.subarray(0, 30)); // images
      expect(after.subarray(54, 78)).toEqual(before.subarray(54, 78)); // targets
      expect(after.subarray(30, 54)).not.toEqual(before.subarray(30, 54)); // texts
      expect(panels[0].expected).toBeUndefined();
      expect(panels[1].expected!.subarray(0, 30)).toEqual(before.subarray(0, 30));
    }
  });

  it('put a point where its neighbours would have taken it', () => {
    const before = Float64Array.of(0, 0, 1, 1, 2, 2, 9, 9);
    const after = Float64Array.of(0, 0, 2, 1, 4, 3, 9, 9);
    // Three points of one kind, of which the first has the other two as neighbours, and one of another kind, with none.
    const found = expectedOf(before, after, [{ rows: [[1, 2], [0], [0, 1]] }, { rows: [[]] }]);
    expect([...found]).toEqual([1.5, 0.5, 1, 1, 2.5, 2, 9, 9]);
  });
});

describe('keptByMap', () => {
  it('is the share of the nearest points that the plane has nearest', () => {
    const line = Float64Array.of(0, 0, 1, 0, 2, 0, 10, 0);
    expect([
      ...keptByMap(
        [
          [1, 2],
          [0, 2],
          [1, 3],
          [0, 1],
        ],
        line,
        [0, 1, 2, 3],
      ),
    ]).toEqual([1, 1, 0.5, 0.5]);
  });
});
