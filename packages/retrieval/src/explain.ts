import { encodeText, lengthFor, packTokens } from '@webcir/clip';
import { combinerParts, elementwiseSum } from '@webcir/combiner';
import { add, type Graph, input, l2Normalize, type Tensor } from '@webcir/kernels';
import { awayFeature, type QueryContext, referenceFeature } from './prepare-query.ts';
import type { CheckedQuery } from './query.ts';
import { type SearchModels, sharesOf } from './search-graph.ts';

/** What a query is made of. Every feature is [embed], L2-normalized: `Gallery.scores` ranks by it. */
export interface Explanation {
  /** The query feature that `search` ranks by. */
  readonly query: Float32Array;
  /** What the references say by themselves; missing where there are none. */
  readonly image: Float32Array | undefined;
  /** What the text says by itself; missing where there is none. */
  readonly text: Float32Array | undefined;
  /** What the Combiner did, where there is one, with image and text as much as each counts by itself. */
  readonly combiner: CombinerExplanation | undefined;
  /** The query feature without each word of the text; none for a text of one word. */
  readonly words: readonly { readonly word: string; readonly query: Float32Array }[];
}

/** How the Combiner mixed: v(c) + λ text + (1 - λ) image. */
export interface CombinerExplanation {
  /** How much of the convex term is text, from 0 to 1. */
  readonly lambda: number;
  /**
   * What each term adds to the query feature, as parts of its length: the projections of the three terms on it. They
   * sum to 1; one that points away from it is below 0.
   */
  readonly shares: { readonly image: number; readonly text: number; readonly learned: number };
}

/** Texts that are encoded and combined in one submit are a multiple of this many: few programs serve all lengths. */
const textsAtOnce = 4;

/** The outputs of `explanationGraph`. */
export type ExplanationOutputs = 'text' | 'query' | 'learned' | 'lambda';

/**
 * One reference with several texts. Inputs: image [texts, embed], tokens [texts, length], eotPositions [texts].
 * @returns text and query features [texts, embed], and where there is a Combiner its terms
 */
export function explanationGraph(
  { config, texts, combiner }: SearchModels,
  count: number,
  length: number,
): Graph<ExplanationOutputs> {
  const image = input('image', [count, config.embedDim]);
  const tokens = input('tokens', [count, length], 'u32');
  const text = encodeText(tokens, input('eotPositions', [count], 'u32'), texts!, config);
  if (!combiner) return outputs({ text, query: elementwiseSum(image, text) });
  const { learned, lambda, convex } = combinerParts(image, text, (name) => combiner.tensor(name));
  return outputs({ text, query: l2Normalize(add(learned, convex)), learned, lambda });
}

const outputs = (made: Partial<Record<ExplanationOutputs, Tensor>>): Graph<ExplanationOutputs> => ({
  outputs: made as Record<ExplanationOutputs, Tensor>,
});

/** @param rowsWithout the texts without each word, where something is left of them */
export async function explainQuery(
  context: QueryContext,
  checked: CheckedQuery,
  rowsWithout: readonly { readonly word: string; readonly rows: readonly number[] }[],
): Promise<Explanation> {
  const { models } = context;
  const { embedDim, contextLength } = models.config;
  const image = await referenceFeature(context, checked.references);
  const away = await awayFeature(context, checked.avoid, checked.truncate);
  const finish = (mixed: Float32Array): Float32Array => {
    const query = normalized(mixed);
    return away ? normalized(query.map((value, i) => value - away[i])) : query;
  };
  if (checked.text === undefined) {
    return { query: finish(image!), image: normalized(image!), text: undefined, combiner: undefined, words: [] };
  }

  const rows = [context.rowsOf(checked.text, checked.truncate), ...rowsWithout.map((without) => without.rows)];
  const count = textsAtOnce * Math.ceil(rows.length / textsAtOnce);
  const padded = [...rows, ...Array(count - rows.length).fill(rows[0])];
  const { tokens, eotPositions, length } = packTokens(padded, lengthFor(rows, contextLength));
  await models.loadTokens(rows.flat());
  const program = await models.explainer(count, length);
  const images = new Float32Array(count * embedDim);
  for (let at = 0; image && at < images.length; at += embedDim) images.set(image, at);
  const wanted = models.combiner ? (['text', 'query', 'learned', 'lambda'] as const) : (['text', 'query'] as const);
  const read = await program.runAndRead({ image: images, tokens, eotPositions }, [...wanted]);
  const row = (values: Float32Array, at: number) => values.subarray(at * embedDim, (at + 1) * embedDim);

  const queryOf = (at: number): Float32Array => {
    const text = row(read.text, at);
    if (!image) return finish(text);
    const { weights } = checked;
    if (weights.image === weights.text) return finish(row(read.query, at));
    const shares = sharesOf(weights, models.combiner !== undefined);
    const terms = models.combiner ? [normalized(image), normalized(text), row(read.query, at)] : [image, text];
    return finish(image.map((_, i) => terms.reduce((sum, term, t) => sum + shares[t] * term[i], 0)));
  };
  return {
    query: queryOf(0),
    image: image && normalized(image),
    text: normalized(row(read.text, 0)),
    combiner:
      image && models.combiner
        ? combinerExplanation(image, row(read.text, 0), row(read.learned, 0), read.lambda[0])
        : undefined,
    words: rowsWithout.map(({ word }, i) => ({ word, query: queryOf(i + 1) })),
  };
}

function combinerExplanation(
  image: Float32Array,
  text: Float32Array,
  learned: Float32Array,
  lambda: number,
): CombinerExplanation {
  const query = learned.map((value, i) => value + lambda * text[i] + (1 - lambda) * image[i]);
  const square = dot(query, query);
  const share = (term: Float32Array, scale: number) => (scale * dot(term, query)) / square;
  return {
    lambda,
    shares: { image: share(image, 1 - lambda), text: share(text, lambda), learned: share(learned, 1) },
  };
}

const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * y[i], 0);

function normalized(feature: Float32Array): Float32Array {
  const length = Math.max(Math.hypot(...feature), 1e-12);
  return feature.map((value) => value / length);
}
