import { buildSearch } from '../../build/search.ts';
import { readOnly } from '../../measure/read.ts';
import { inTurns, stopwatch } from '../../measure/rounds.ts';
import { ratioOf } from '../../measure/stats.ts';
import { against, type Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

const IMAGES = 100_000;
const WIDTH = 640;
/** How many times as long one query takes as reading the gallery, in half precision both. */
export async function oneQuery({ device, rounds }: Context): Promise<Measured> {
  const search = await buildSearch(device, { images: IMAGES, width: WIDTH, queries: 1, k: 10 });
  const reading = readOnly(device, IMAGES * WIDTH * 2);
  const [searches, reads] = await inTurns(
    [{ time: (times) => stopwatch(() => search.run(times)) }, { time: (times) => stopwatch(() => reading.run(times)) }],
    rounds,
  );
  await search.dispose();
  reading.dispose();
  const { median, low, high } = ratioOf(searches, reads);
  return { value: median, detail: `${low.toFixed(2)} to ${high.toFixed(2)}` };
}

/** usearch's time over ours, 32 queries at once. */
export const manyQueries = against('usearch', 'search 100,000 x 640, 32 queries');
