import { captions } from '../build/captions.ts';
import { configs, type ModelName } from '../build/models.ts';
import { combiners, LEARNING_RATE, WEIGHT_DECAY } from '../build/training.ts';
import { blockSizes } from '../programs/block.ts';
import type { TextModel, Work } from './work.ts';

export interface NamedWork {
  readonly name: string;
  readonly work: Work;
}

const matmuls: NamedWork[] = (
  [
    [512, 512, 512],
    [1024, 1024, 1024],
    [2464, 512, 2048],
  ] as const
).flatMap(([rows, inner, columns]) =>
  (['NN', 'NT', 'TN'] as const).map((layout) => ({
    name: `matmul ${layout} [${rows}, ${inner}] [${inner}, ${columns}]`,
    work: { kind: 'matmul', layout, rows, inner, columns },
  })),
);

const attention = { kind: 'attention', batch: 32, heads: 8, tokens: 77, headSize: 64 } as const;

const search = (images: number, queries: number): NamedWork => ({
  name: `search ${images.toLocaleString('en')} x 640, ${queries === 1 ? 'one query' : `${queries} queries`}`,
  work: { kind: 'search', images, width: 640, queries, k: 10 },
});

function sizesOf(name: ModelName): TextModel {
  const { vision, imageResolution, ...config } = configs[name];
  return { ...config, vision: vision.kind === 'vit' ? { ...vision, imageResolution } : undefined };
}

const stage1 = (name: string, model: ModelName, batch: number, images: boolean): NamedWork => ({
  name,
  work: {
    kind: 'stage1',
    model,
    sizes: sizesOf(model),
    texts: captions(batch, configs[model].vocabularySize),
    batch,
    learningRate: LEARNING_RATE,
    weightDecay: WEIGHT_DECAY,
    clip4cir: { images, vocabulary: 49408 },
  },
});

const stage2: NamedWork = {
  name: 'stage 2, embedded model, batch 256',
  work: {
    kind: 'stage2',
    sizes: sizesOf('embedded'),
    texts: captions(256, configs.embedded.vocabularySize),
    combiner: combiners.embedded,
    batch: 256,
    dropout: 0.5,
    learningRate: LEARNING_RATE,
    clip4cir: { images: true, vocabulary: 49408 },
  },
};

/** The work that `--peers` compares, and the goals judge. */
export const works: readonly NamedWork[] = [
  ...matmuls,
  { name: 'layernorm [2464, 512]', work: { kind: 'layernorm', rows: 2464, width: 512 } },
  { name: 'softmax [19712, 77]', work: { kind: 'softmax', rows: 19712, columns: 77 } },
  { name: 'attention [256 heads, 77, 64] forward', work: { ...attention, backward: false } },
  { name: 'attention [256 heads, 77, 64] forward + backward', work: { ...attention, backward: true } },
  { name: 'block forward', work: { kind: 'block', ...blockSizes, backward: false } },
  { name: 'block forward + backward', work: { kind: 'block', ...blockSizes, backward: true } },
  search(10_000, 32),
  search(100_000, 1),
  search(100_000, 32),
  stage1('stage 1, ViT-B/32, batch 32', 'ViT-B/32', 32, false),
  stage1('stage 1, embedded model, batch 128', 'embedded', 128, true),
  stage2,
];

/** A product for cards with tensor cores: it would take seconds on two CPU cores, with no peer to compare with. */
const halfProduct: NamedWork = {
  name: 'matmul of halves, 4096³',
  work: { kind: 'half-matmul', rows: 4096, inner: 4096, columns: 4096 },
};

/** Throws RangeError where there is no work of that name. */
export function workNamed(name: string): NamedWork {
  const found = [...works, halfProduct].find((work) => work.name === name);
  if (!found) throw new RangeError(`there is no work '${name}'`);
  return found;
}
