import type { Weights } from '@webcir/clip';
import { fashionIqRecall, type Method, type ResultRow } from '@webcir/eval';
import type { Tensor } from '@webcir/kernels';
import {
  type CategoryQueries,
  type CategoryRanking,
  type FeatureTable,
  Fusion,
  queriesOf,
  rankQueries,
  TextEncoderPrograms,
} from '@webcir/train';
import type { Session } from './session.ts';

/** Ranks the queries of one split, with whatever weights and features are current. */
export class Evaluator {
  readonly categories: readonly CategoryQueries[];
  readonly #session: Session;

  constructor(session: Session, split: string) {
    this.#session = session;
    this.categories = queriesOf(session.dataset, split, session.tokenRows);
  }

  /** Text features of every category's captions: made once, used by several methods. */
  async textFeatures(weights: Weights): Promise<Map<string, Float32Array>> {
    const { device, model } = this.#session;
    const encoder = new TextEncoderPrograms(device, model.config, weights);
    const features = new Map<string, Float32Array>();
    for (const { category, texts } of this.categories) features.set(category, await encoder.encode(texts));
    await encoder.dispose();
    return features;
  }

  async rank(features: FeatureTable, texts: ReadonlyMap<string, Float32Array>, fuse: Fuse): Promise<CategoryRanking[]> {
    const { device, model } = this.#session;
    const textOf = async ({ category }: CategoryQueries) => texts.get(category)!;
    if (typeof fuse === 'string') return rankQueries(device, this.categories, features, textOf, (query) => query[fuse]);
    const fusion = await Fusion.create(device, model.config.embedDim, fuse);
    const rankings = await rankQueries(device, this.categories, features, textOf, ({ image, text }) =>
      fusion.run(image, text),
    );
    fusion.dispose();
    return rankings;
  }
}

/** How a method makes query features; 'image' and 'text' take one of the two features as it is. */
export type Fuse = 'image' | 'text' | ((image: Tensor, text: Tensor) => Tensor);

/** One split with what each method ranks first on it. */
export class Scoreboard {
  readonly evaluator: Evaluator;
  readonly rankings = new Map<Method, readonly CategoryRanking[]>();

  constructor(evaluator: Evaluator) {
    this.evaluator = evaluator;
  }

  /** Adds methods that use the same weights and picture features. */
  async add(weights: Weights, features: FeatureTable, methods: Partial<Record<Method, Fuse>>): Promise<void> {
    const texts = await this.evaluator.textFeatures(weights);
    for (const [method, fuse] of Object.entries(methods)) {
      this.rankings.set(method as Method, await this.evaluator.rank(features, texts, fuse));
    }
  }
}

/** Lines of results.json: recall per category and its mean. */
export const resultRows = (method: Method, rankings: readonly CategoryRanking[]): ResultRow[] =>
  fashionIqRecall(rankings).map((row) => ({ method, ...row }));

/** What validation shows: the mean over the categories. */
export function meanRecall(rankings: readonly CategoryRanking[]): { recallAt10: number; recallAt50: number } {
  const mean = fashionIqRecall(rankings).at(-1)!;
  return { recallAt10: mean.recall_at10, recallAt50: mean.recall_at50 };
}
