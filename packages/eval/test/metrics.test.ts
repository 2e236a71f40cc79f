import { readFileSync } from 'node:fs';
import { readSafetensors, toFloat32 } from '@webcir/clip';
import { describe, expect, it } from 'vitest';
import { cirrMetrics, fashionIqRecall, hitsAt, meanAveragePrecisionAt, recallAt } from '../src/metrics.ts';

/** Features and metrics that CLIP4Cir's validate.py computed from them, under its own names. */
interface Retrieval {
  targets: number[];
  references: number[];
  groups: number[][];
  fashioniq: Record<'recall_at10' | 'recall_at50', number>;
  cirr: Record<string, number>;
}

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

function cosines(queries: Float32Array, gallery: Float32Array, dim: number): Float64Array {
  const q = queries.length / dim;
  const n = gallery.length / dim;
  return Float64Array.from({ length: q * n }, (_, at) => {
    const row = Math.floor(at / n) * dim;
    const column = (at % n) * dim;
    let dot = 0;
    let square = 0;
    for (let i = 0; i < dim; i++) {
      dot += queries[row + i] * gallery[column + i];
      square += gallery[column + i] ** 2;
    }
    return dot / Math.sqrt(square);
  });
}

function ranking(scores: Float64Array): number[] {
  return [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
}

/** torch's `(sum(labels) / len(labels)).item() * 100` divides in float32. */
const asTorch = (percent: number) => Math.fround(percent / 100) * 100;

describe('against CLIP4Cir', () => {
  const retrieval: Retrieval = JSON.parse(fixture('retrieval.json').toString());
  const { tensors } = readSafetensors(new Uint8Array(fixture('retrieval.safetensors')));
  const gallery = tensors.get('index_features')!;
  const dim = gallery.shape[1];
  const size = gallery.shape[0];
  const scores = cosines(toFloat32(tensors.get('query_features')!), toFloat32(gallery), dim);

  it('FashionIQ', () => {
    const rankings = retrieval.targets.map((_, q) => ranking(scores.subarray(q * size, (q + 1) * size)));
    const [dress, mean] = fashionIqRecall([{ category: 'dress', rankings, targets: retrieval.targets }]);
    expect(dress.category).toBe('dress');
    expect(asTorch(dress.recall_at10)).toBe(retrieval.fashioniq.recall_at10);
    expect(asTorch(dress.recall_at50)).toBe(retrieval.fashioniq.recall_at50);
    expect(mean).toEqual({ ...dress, category: 'mean' });
  });

  it('CIRR', () => {
    const queries = retrieval.targets.map((target, q) => ({
      target,
      reference: retrieval.references[q],
      group: retrieval.groups[q],
    }));
    const found = Object.entries(cirrMetrics(scores, queries)).map(([name, value]) => [name, asTorch(value)]);
    expect(Object.fromEntries(found)).toEqual(retrieval.cirr);
  });
});

describe('recall', () => {
  const rankings = [[3, 1, 2], Uint32Array.of(0, 3, 1)];

  it('counts targets among the first k', () => {
    expect(recallAt(rankings, [1, 1], 1)).toBe(0);
    expect(recallAt(rankings, [1, 1], 2)).toBe(50);
    expect(recallAt(rankings, [1, 1], 3)).toBe(100);
    expect([...hitsAt(rankings, [1, 1], 2)]).toEqual([1, 0]);
  });

  it('weights categories alike, however many queries they have', () => {
    const rows = fashionIqRecall([
      { category: 'shirt', rankings: [[0], [1], [1], [1]], targets: [0, 0, 0, 0] },
      { category: 'dress', rankings: [[5]], targets: [5] },
    ]);
    expect(rows.map(({ category, recall_at10 }) => [category, recall_at10])).toEqual([
      ['shirt', 25],
      ['dress', 100],
      ['mean', 62.5],
    ]);
  });

  it('says what does not fit together', () => {
    expect(() => recallAt(rankings, [1], 1)).toThrow('targets: expected one for each of 2 rankings, found 1');
    expect(() => fashionIqRecall([])).toThrow('expected at least one');
    expect(() => fashionIqRecall([{ category: 'dress', rankings: [], targets: [] }])).toThrow('category dress');
  });
});

describe('CIRR', () => {
  const group = [0, 1, 2, 3, 4, 5];

  it('takes the reference out and gives ties to the lower index', () => {
    const tied = cirrMetrics([9, 5, 5, 1, 1, 1, 7], [{ reference: 0, target: 2, group }]);
    // Before it: picture 6, which is not of the group, and picture 1 of the same score; not the reference.
    expect(tied).toMatchObject({ recall_at1: 0, recall_at5: 100, group_recall_at1: 0, group_recall_at2: 100 });
  });

  it('names the query at fault', () => {
    const scores = [1, 2, 3, 4, 5, 6, 7];
    expect(() => cirrMetrics(scores, [{ reference: 1, target: 1, group }])).toThrow(
      'query 0: its target is its reference',
    );
    expect(() => cirrMetrics(scores, [{ reference: 1, target: 6, group }])).toThrow(
      'query 0: its group lacks its target',
    );
    expect(() => cirrMetrics(scores, [])).toThrow('scores: expected a row');
  });
});

describe('mean average precision', () => {
  it('is the mean of precisions at the correct pictures', () => {
    // Correct at places 1 and 3: (1/1 + 2/3) / 2 of two; and at place 2 of one: 1/2.
    const rankings = [
      [7, 1, 8, 2],
      [1, 9, 2, 3],
    ];
    expect(meanAveragePrecisionAt(rankings, [[7, 8], [9]], 4)).toBeCloseTo((100 * ((1 + 2 / 3) / 2 + 1 / 2)) / 2, 12);
  });

  it('divides by k where more pictures are correct than are looked at', () => {
    expect(meanAveragePrecisionAt([[1, 2, 3]], [[1, 2, 3, 4]], 2)).toBe(100);
    expect(meanAveragePrecisionAt([[1, 9, 3]], [[1, 2, 3, 4]], 2)).toBe(50);
  });

  it('rejects a query without an answer', () => {
    expect(() => meanAveragePrecisionAt([[1]], [[]], 5)).toThrow('query 0: expected at least one correct picture');
  });
});
