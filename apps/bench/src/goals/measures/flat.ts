import type { FlatStore } from '@webcir/retrieval';
import { buildFlat } from '../../build/flat-store.ts';
import { numbers } from '../../measure/numbers.ts';
import { readOnly } from '../../measure/read.ts';
import { inTurns, stopwatch } from '../../measure/rounds.ts';
import { median, ratioOf } from '../../measure/stats.ts';
import type { Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

const WIDTH = 640;

/** Queries whose answers are compared. */
const COMPARED = 20;

interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

interface FlatTimes {
  /** Milliseconds until the store is open. */
  readonly open: number;
  /** Milliseconds of the first search, which copies the features to the device. */
  readonly first: number;
  /** How many times as long one query takes as a kernel that reads the bytes once. */
  readonly query: Ratio;
  /** What a query takes of the same features, searched by bytes, in times of the one by halves. */
  readonly bytes: Ratio;
  /** Queries of `COMPARED` whose first ten images are the same by bytes. */
  readonly same: number;
}

/** Measured once for all goals: to write a million features takes longer than to search them. */
const measured = new WeakMap<Context, Map<number, Promise<FlatTimes>>>();

async function flatTimes({ device, rounds }: Context, images: number): Promise<FlatTimes> {
  const built = await buildFlat(device, images, WIDTH, 'F16');
  const builtBytes = await buildFlat(device, images, WIDTH, 'I8');
  try {
    const opened: number[] = [];
    for (let round = 0; round < Math.max(rounds, 3); round++) {
      opened.push(await stopwatch(async () => (await built.open()).close()));
    }
    const [store, byBytes] = [await built.open(), await builtBytes.open()];
    const queries = numbers('queries', COMPARED * WIDTH);
    const query = queries.subarray(0, WIDTH);
    const first = await stopwatch(() => store.search(query));
    await byBytes.search(query);
    const searching = (searched: FlatStore) => ({
      time: (times: number) =>
        stopwatch(async () => {
          for (let i = 0; i < times; i++) await searched.search(query, { k: 10 });
        }),
    });
    const parts = partsToBind(images * WIDTH * 2, device.capabilities.maxBindingSize);
    const reading = readOnly(device, (images * WIDTH * 2) / parts);
    const [halves, reads, bytes] = await inTurns(
      [searching(store), { time: (times) => stopwatch(() => reading.run(times * parts)) }, searching(byBytes)],
      rounds,
    );
    reading.dispose();
    const answers = await Promise.all([store, byBytes].map((searched) => searched.search(queries, { k: 10 })));
    const [wanted, found] = answers.map((lists) => lists.map((hits) => hits.map(({ id }) => id).join()));
    await store.close();
    await byBytes.close();
    return {
      open: median(opened),
      first,
      query: ratioOf(halves, reads),
      bytes: ratioOf(bytes, halves),
      same: wanted.filter((ids, i) => ids === found[i]).length,
    };
  } finally {
    await built.dispose();
    await builtBytes.dispose();
  }
}

/** In how many equal parts of whole workgroups (`readOnly`) so many bytes can be read. */
function partsToBind(bytes: number, maxBindingSize: number): number {
  let parts = Math.ceil(bytes / maxBindingSize);
  while ((bytes / parts) % 40_960 !== 0) parts++;
  return parts;
}

function timesOf(context: Context, images: number): Promise<FlatTimes> {
  const known = measured.get(context) ?? new Map<number, Promise<FlatTimes>>();
  measured.set(context, known);
  const times = known.get(images) ?? flatTimes(context, images);
  known.set(images, times);
  return times;
}

/** Seconds until a store of so many images is open. */
export const flatOpens =
  (images: number) =>
  async (context: Context): Promise<Measured> => {
    const { open, first } = await timesOf(context, images);
    return { value: open / 1000, detail: `the first search takes ${(first / 1000).toFixed(1)} s more` };
  };

/** How many times as long one query takes as reading the features once, ids and metadata of what is found with it. */
export const flatQuery =
  (images: number) =>
  async (context: Context): Promise<Measured> => {
    const { median: value, low, high } = (await timesOf(context, images)).query;
    return { value, detail: `${low.toFixed(2)} to ${high.toFixed(2)}` };
  };

/** What part of the time by halves a query by bytes takes, on the same features. */
export const flatBytes =
  (images: number) =>
  async (context: Context): Promise<Measured> => {
    const { bytes, same } = await timesOf(context, images);
    const detail = `${bytes.low.toFixed(2)} to ${bytes.high.toFixed(2)}; the same first ten for ${same} of ${COMPARED} queries`;
    return { value: same === COMPARED ? bytes.median : Number.POSITIVE_INFINITY, detail };
  };
