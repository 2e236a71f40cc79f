import type { StudyMap } from '../../src/study/map/types.ts';

/** Two images and two queries at two stages. */
export const studyMap: StudyMap = {
  images: ['i0', 'i1'],
  queries: [
    { query: 0, caption: 'is <b>redder</b>', reference: 'r0', target: 'i0' },
    { query: 7, caption: 'has dots', reference: 'i1', target: 'i2' },
  ],
  layouts: ['UMAP', 'PCA'].map((name, i) => ({
    name,
    panels: [
      { stage: 'base', positions: Float64Array.of(0, 8, 4, 4, 1, 1, 2, 2, 0, 8, 3, 3, 2, 6, 8, 2 + i) },
      {
        stage: 'stage1',
        positions: Float64Array.of(0, 8, 4, 4, 7, 0, 8, 1, 0, 8, 3, 3, 5, 5, 6, 2),
        expected: Float64Array.of(0, 8, 4, 4, 7, 1, 7, 2, 0, 8, 3, 3, 4, 5, 6, 3),
      },
    ],
  })),
  moves: {
    stage1: { texts: { apart: Float64Array.of(0.25, Number.NaN), kept: Float64Array.of(0.5, 1) } },
  },
};
