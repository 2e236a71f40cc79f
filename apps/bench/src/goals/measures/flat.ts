import { buildFlat } from '../../build/flat-store.ts';
import { numbers } from '../../measure/numbers.ts';
import { readOnly } from '../../measure/read.ts';
import { inTurns, stopwatch } from '../../measure/rounds.ts';
import { median, ratioOf } from '../../measure/stats.ts';
import type { Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

const WIDTH = 640;

interface FlatTimes {
  /** Milliseconds until the store is open. */
  readonly open: number;
  /** Milliseconds of the first search, which copies the features to the device. */
  readonly first: number;
  /** How many times as long one query takes as a kernel that reads the bytes once. */
  readonly query: { readonly median: number; readonly low: number; readonly high: number };
}

/** Measured once for both goals: to write a million features takes longer than to search them. */
const measured = new WeakMap<Context, Map<number, Promise<FlatTimes>>>();

async function flatTimes({ device, rounds }: Context, images: number): Promise<FlatTimes> {
  const built = await buildFlat(device, images, WIDTH);
  try {
    const opened: number[] = [];
    for (let round = 0; round < Math.max(rounds, 3); round++) {
      opened.push(await stopwatch(async () => (await built.open()).close()));
    }
    const store = await built.open();
    const query = numbers('queries', WIDTH);
    const search = () => store.search(query, { k: 10 });
    const first = await stopwatch(search);
    const parts = partsToBind(images * WIDTH * 2, device.capabilities.maxBindingSize);
    const reading = readOnly(device, (images * WIDTH * 2) / parts);
    const [searches, reads] = await inTurns(
      [
        {
          time: (times) =>
            stopwatch(async () => {
              for (let i = 0; i < times; i++) await search();
            }),
        },
        { time: (times) => stopwatch(() => reading.run(times * parts)) },
      ],
      rounds,
    );
    reading.dispose();
    await store.close();
    return { open: median(opened), first, query: ratioOf(searches, reads) };
  } finally {
    await built.dispose();
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
