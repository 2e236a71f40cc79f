import { buildProduct } from '../../build/product.ts';
import { inTurns, stopwatch } from '../../measure/rounds.ts';
import { ratioOf } from '../../measure/stats.ts';
import type { Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

const layouts = ['NN', 'NT', 'TN'] as const;

/**
 * How many times as long a product of floats takes as that of the same numbers packed as halves: the minimum of
 * three layouts.
 */
export const halfMatmul =
  (rows: number, inner: number, columns: number) =>
  async ({ device, rounds }: Context): Promise<Measured> => {
    const found: { layout: string; median: number }[] = [];
    for (const layout of layouts) {
      const sizes = { layout, rows, inner, columns };
      const products = [await buildProduct(device, sizes, 'f32'), await buildProduct(device, sizes, 'f16')];
      const [floats, halves] = await inTurns(
        products.map(({ run }) => ({ time: (times) => stopwatch(() => run(times)) })),
        rounds,
      );
      for (const product of products) product.dispose();
      found.push({ layout, median: ratioOf(floats, halves).median });
    }
    return {
      value: Math.min(...found.map(({ median }) => median)),
      detail: found.map(({ layout, median }) => `${layout} ${median.toFixed(2)}`).join(', '),
    };
  };
