import { buildCompose, composedQueries } from '../build/compose.ts';
import { buildSearch } from '../build/search.ts';
import type { BenchProgram } from './program.ts';

const search = (name: string, images: number, queries: number): BenchProgram => ({
  name,
  about:
    `exact top 10 of ${images.toLocaleString('en')} images x 640, ` +
    (queries === 1 ? 'one query' : `${queries} queries`),
  build: (device) => buildSearch(device, { images, width: 640, queries, k: 10 }),
});

const compose = (name: string, atOnce: number, how: string): BenchProgram => ({
  name,
  about: `features of 32 queries, an id and a text each, embedded model, ${how}`,
  build: (device) => buildCompose(device, { kind: 'id + text', atOnce }),
});

export const retrieval = [
  compose('compose-32', composedQueries, 'together'),
  compose('compose-one', 1, 'one at a time'),
  search('search-10k', 10_000, 32),
  search('search-100k', 100_000, 32),
  search('search-100k-one', 100_000, 1),
  search('search-1m', 1_000_000, 32),
];
