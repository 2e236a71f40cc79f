import type { Device } from '@webcir/kernels';
import { buildBlock } from '../build/block.ts';
import type { Built } from '../build/built.ts';
import { buildProduct } from '../build/product.ts';
import { buildSearch } from '../build/search.ts';
import { buildStage1, buildStage2 } from '../build/training.ts';
import { stopwatch } from '../measure/rounds.ts';
import type { Contestant } from './contestant.ts';
import { buildOp } from './our-ops.ts';
import { type Picked, pick, type Work } from './work.ts';

/** webcir itself, on a device of this process. */
export function ours(device: Device): Contestant {
  return {
    name: 'webcir',
    async prepare(work) {
      const { built, result } = await build(device, work);
      return {
        result: Object.fromEntries(Object.entries(result).map(([name, values]) => [name, pick(values)])) as Picked,
        time: (times) => stopwatch(() => built.run(times)),
        release: async () => built.dispose(),
      };
    },
    close: async () => {},
  };
}

interface Made {
  readonly built: Built;
  readonly result: Readonly<Record<string, ArrayLike<number>>>;
}

async function build(device: Device, work: Work): Promise<Made> {
  switch (work.kind) {
    case 'block': {
      const built = await buildBlock(device, work);
      return { built, result: await built.read() };
    }
    case 'search': {
      const built = await buildSearch(device, work);
      return { built, result: { images: await built.search() } };
    }
    case 'stage1': {
      const built = await buildStage1(device, work.model, work);
      return { built, result: { losses: await built.losses(3) } };
    }
    case 'stage2': {
      // Dropout draws other numbers everywhere: losses are compared without it, and steps timed with it.
      const plain = await buildStage2(device, work.combiner, { batch: work.batch, dropout: 0 });
      const losses = await plain.losses(3);
      await plain.dispose();
      return { built: await buildStage2(device, work.combiner, work), result: { losses } };
    }
    case 'half-matmul': {
      const built = await buildProduct(device, { layout: 'NN', ...work }, 'f16');
      return { built, result: await built.read() };
    }
    default: {
      const built = await buildOp(device, work);
      return { built, result: await built.read() };
    }
  }
}
