import { buildCompose, composedQueries, type QueryKind } from '../../build/compose.ts';
import { inTurns, stopwatch } from '../../measure/rounds.ts';
import { median, ratioOf } from '../../measure/stats.ts';
import type { Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

/** How many times as many queries are composed in the same time where they are composed together. */
export const composedTogether =
  (kind: QueryKind) =>
  async ({ device, rounds }: Context): Promise<Measured> => {
    const built = await Promise.all([1, composedQueries].map((atOnce) => buildCompose(device, { kind, atOnce })));
    const [one, together] = await inTurns(
      built.map(({ run }) => ({ time: (times: number) => stopwatch(() => run(times)) })),
      rounds,
    );
    for (const { dispose } of built) await dispose();
    const ratio = ratioOf(one, together);
    const perSecond = (times: readonly number[]) => ((1000 * composedQueries) / median(times)).toFixed(0);
    const detail = `${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}; ${perSecond(one)} and ${perSecond(together)}/s`;
    return { value: ratio.median, detail };
  };
