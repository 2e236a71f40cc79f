import type { ClipModel, Weights } from '@webcir/clip';
import type { CirDataset } from '@webcir/data';
import type { Device, Tensor } from '@webcir/kernels';
import { type FeatureTable, Fusion, TextEncoderPrograms } from '@webcir/retrieval';
import type { CategoryFusion } from './fusions/category.ts';
import {
  type Criterion,
  overallScores,
  type Protocol,
  type Ranks,
  type Scores,
  scoreCategories,
} from './protocols/protocol.ts';
import { answersOf, type CategoryQueries, type CategoryRanking, queriesOf, rankQueries } from './queries.ts';
import { type Answer, ranksOf } from './ranks.ts';
import type { Method, ResultRow } from './report/types.ts';

/** What an evaluation reads: a data set, and a CLIP whose features rank it. */
export interface EvaluationSource {
  readonly device: Device;
  readonly model: Pick<ClipModel, 'config'>;
  readonly dataset: CirDataset;
  /** The token ids of a text, start and end of text included, as rows of the token table. */
  tokenRows(text: string): readonly number[];
}

/** A category's rankings with the ranks of the answers in them. */
export interface Judged extends CategoryRanking {
  readonly ranks: readonly Ranks[];
}

/**
 * How a method ranks: by query features, of which 'image' and 'text' take one of the two features as it is; or as it
 * likes (`trainingFree`).
 */
export type Fuse = 'image' | 'text' | ((image: Tensor, text: Tensor) => Tensor) | CategoryFusion;

/** Ranks the queries of one split by a protocol, with whatever weights and features it is given. */
export class Ranker {
  readonly protocol: Protocol;
  readonly split: string;
  readonly categories: readonly CategoryQueries[];
  readonly #source: EvaluationSource;

  constructor(source: EvaluationSource, split: string, protocol: Protocol) {
    this.protocol = protocol;
    this.split = split;
    this.#source = source;
    this.categories = queriesOf(source.dataset, split, protocol, (text) => source.tokenRows(text));
  }

  /** Token rows of all captions. */
  get texts(): readonly (readonly number[])[] {
    return this.categories.flatMap(({ texts }) => texts);
  }

  /** Text features of every category's captions: made once, used by several methods. */
  async textFeatures(weights: Weights): Promise<Map<string, Float32Array>> {
    const { device, model } = this.#source;
    const encoder = new TextEncoderPrograms(device, model.config, weights);
    const features = new Map<string, Float32Array>();
    for (const { category, texts } of this.categories) features.set(category, await encoder.encode(texts));
    await encoder.dispose();
    return features;
  }

  async rank(features: FeatureTable, texts: ReadonlyMap<string, Float32Array>, fuse: Fuse): Promise<CategoryRanking[]> {
    const { device, model } = this.#source;
    const textOf = async ({ category }: CategoryQueries) => texts.get(category)!;
    const { protocol, categories } = this;
    if (typeof fuse === 'string') {
      return rankQueries(device, protocol, categories, features, textOf, (query) => query[fuse]);
    }
    if (typeof fuse === 'object') {
      return rankQueries(device, protocol, categories, features, textOf, (category) => fuse.rankedBy(category));
    }
    const fusion = await Fusion.create(device, model.config.embedDim, fuse);
    const rankings = await rankQueries(device, protocol, categories, features, textOf, ({ image, text }) =>
      fusion.run(image, text),
    );
    fusion.dispose();
    return rankings;
  }
}

/** A ranker that knows the answers. Its constructor throws where they are secret. */
export class Evaluator extends Ranker {
  readonly answers: readonly (readonly Answer[])[];

  constructor(source: EvaluationSource, split: string, protocol: Protocol) {
    super(source, split, protocol);
    this.answers = this.categories.map((queries) => answersOf(queries, protocol));
  }

  /** The criteria that the best epoch of a run is chosen by. */
  get criteria(): readonly Criterion[] {
    return this.protocol.criteria;
  }

  async judge(features: FeatureTable, texts: ReadonlyMap<string, Float32Array>, fuse: Fuse): Promise<Judged[]> {
    const rankings = await this.rank(features, texts, fuse);
    return rankings.map((ranking, category) => ({
      ...ranking,
      ranks: ranking.rankings.map((row, query) => ranksOf(row, this.answers[category][query], ranking.groups[query])),
    }));
  }

  /** The scores over all categories, by which validation judges an epoch. */
  async scores(features: FeatureTable, texts: ReadonlyMap<string, Float32Array>, fuse: Fuse): Promise<Scores> {
    const {
      category: _,
      isMean: __,
      ...scores
    } = overallScores(this.protocol, await this.judge(features, texts, fuse));
    return scores;
  }
}

/** One split, and the rankings of each method on it. */
export class Scoreboard {
  readonly evaluator: Evaluator;
  readonly rankings = new Map<Method, readonly Judged[]>();

  constructor(evaluator: Evaluator) {
    this.evaluator = evaluator;
  }

  /** Adds methods that use the same weights and image features. */
  async add(weights: Weights, features: FeatureTable, methods: Partial<Record<Method, Fuse>>): Promise<void> {
    const texts = await this.evaluator.textFeatures(weights);
    for (const [method, fuse] of Object.entries(methods)) {
      this.rankings.set(method as Method, await this.evaluator.judge(features, texts, fuse));
    }
  }

  /** Lines of results.json. */
  rows(): ResultRow[] {
    return [...this.rankings].flatMap(([method, judged]) =>
      scoreCategories(this.evaluator.protocol, judged).map((row) => ({ method, ...row })),
    );
  }
}
