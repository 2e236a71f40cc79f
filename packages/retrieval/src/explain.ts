import { encodeText, lengthFor, packTokens } from '@webcir/clip';
import { combinerParts } from '@webcir/combiner';
import { add, type Graph, input, l2Normalize } from '@webcir/kernels';
import { type EncodeContext, encodeParts } from './encode-parts.ts';
import { mixParts, moveAway, normalized } from './mix.ts';
import type { ModelsOnDevice } from './models-on-device.ts';
import type { ResolvedQuery } from './resolve-query.ts';
import type { SearchModels } from './search-graph.ts';

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
 * One reference with several texts, as the Combiner mixes them. Inputs: image [texts, embed], tokens [texts, length],
 * eotPositions [texts].
 * @returns text and query features [texts, embed], and the terms of these
 */
export function explanationGraph(
  { config, texts, combiner }: SearchModels,
  count: number,
  length: number,
): Graph<ExplanationOutputs> {
  const image = input('image', [count, config.embedDim]);
  const tokens = input('tokens', [count, length], 'u32');
  const text = encodeText(tokens, input('eotPositions', [count], 'u32'), texts!, config);
  const { learned, lambda, convex } = combinerParts(image, text, (name) => combiner!.tensor(name));
  return { outputs: { text, query: l2Normalize(add(learned, convex)), learned, lambda } };
}

/** @param rowsWithout the texts without each word, where something is left of them */
export async function explainQuery(
  context: EncodeContext,
  { references, rows: whole, weights, avoid }: ResolvedQuery,
  rowsWithout: readonly { readonly word: string; readonly rows: readonly number[] }[],
): Promise<Explanation> {
  const { models } = context;
  const { embedDim } = models.config;
  const encoded = await encodeParts(context, [{ references, avoid }]);
  const image = encoded.meanOf(references);
  const away = encoded.awayFrom(avoid);
  const finish = (mixed: Float32Array): Float32Array => normalized(moveAway(mixed, away));
  if (!whole) {
    return { query: finish(image!), image: normalized(image!), text: undefined, combiner: undefined, words: [] };
  }

  const rows = [whole, ...rowsWithout.map((without) => without.rows)];
  const mixed = image && models.combiner && (await runExplainer(models, image, rows));
  const texts = mixed?.text ?? (await models.encodeTexts(rows));
  const row = (values: Float32Array, at: number) => values.subarray(at * embedDim, (at + 1) * embedDim);
  const queryOf = (at: number): Float32Array =>
    finish(mixParts({ image, text: row(texts, at), fused: mixed && row(mixed.query, at) }, weights));
  return {
    query: queryOf(0),
    image: image && normalized(image),
    text: normalized(row(texts, 0)),
    combiner: mixed && combinerExplanation(image, row(texts, 0), row(mixed.learned, 0), mixed.lambda[0]),
    words: rowsWithout.map(({ word }, i) => ({ word, query: queryOf(i + 1) })),
  };
}

/** What the Combiner makes of one reference, [embed], and several texts, and its terms. */
async function runExplainer(
  models: ModelsOnDevice,
  image: Float32Array,
  rows: readonly (readonly number[])[],
): Promise<Record<ExplanationOutputs, Float32Array>> {
  const count = textsAtOnce * Math.ceil(rows.length / textsAtOnce);
  const padded = [...rows, ...Array(count - rows.length).fill(rows[0])];
  const { tokens, eotPositions, length } = packTokens(padded, lengthFor(rows, models.config.contextLength));
  await models.loadTokens(rows.flat());
  const program = await models.explainer(count, length);
  const images = new Float32Array(count * image.length);
  for (let at = 0; at < images.length; at += image.length) images.set(image, at);
  return program.runAndRead({ image: images, tokens, eotPositions }, ['text', 'query', 'learned', 'lambda']);
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
