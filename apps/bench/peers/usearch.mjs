// usearch's exact search (its index is approximate), in as many threads as there are processors.
import { availableParallelism } from 'node:os';
import usearch from 'usearch';
import { numbers, unitRows } from '../src/measure/numbers.ts';
import { cannot, serve } from './serve.mjs';

await serve('usearch 2.25.3', async (work) => {
  if (work.kind !== 'search') throw cannot(work);
  const { images, width, queries, k } = work;
  const gallery = unitRows(numbers('gallery', images * width), width);
  const asked = numbers('queries', queries * width);
  const search = () => usearch.exactSearch(gallery, asked, width, k, usearch.MetricKind.IP, availableParallelism());
  return {
    result: { images: Array.from(search().keys, Number) },
    async run(times) {
      for (let i = 0; i < times; i++) search();
    },
    release() {},
  };
});
