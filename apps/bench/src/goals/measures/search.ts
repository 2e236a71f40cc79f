import type { Device } from '@webcir/kernels';
import { buildSearch, SHARD } from '../../build/search.ts';
import { readOnly } from '../../measure/read.ts';
import { inTurns, stopwatch } from '../../measure/rounds.ts';
import { ratioOf } from '../../measure/stats.ts';
import { against, type Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

const PICTURES = 100_000;
const WIDTH = 640;
/** What the goals are about, and is not there yet; the numbers beside it are of float32. */
const packed = { lacking: 'an F16-packed gallery (the number is of F32)' };

/** How many times as long one query takes as reading the gallery, both with the gallery as it is stored now. */
export async function oneQuery({ device, rounds }: Context): Promise<Measured> {
  const search = await buildSearch(device, { pictures: PICTURES, width: WIDTH, queries: 1, k: 10 });
  const reading = galleryReader(device);
  const [searches, reads] = await inTurns(
    [{ time: (times) => stopwatch(() => search.run(times)) }, { time: (times) => stopwatch(() => reading.run(times)) }],
    rounds,
  );
  await search.dispose();
  reading.dispose();
  const { median, low, high } = ratioOf(searches, reads);
  return { value: median, detail: `${low.toFixed(2)} to ${high.toFixed(2)}`, ...packed };
}

/** usearch's time over ours, 32 queries at once. */
export async function manyQueries(context: Context): Promise<Measured> {
  const found = await against('usearch', 'search 100,000 x 640, 32 queries')(context);
  return 'value' in found ? { ...found, ...packed } : found;
}

/** Reads as many bytes as the gallery has, in as many buffers. */
const galleryReader = (device: Device) => readOnly(device, SHARD * WIDTH * 4, PICTURES / SHARD);
