import { type ClipConfig, encodeText, lengthFor, packTokens, type Weights } from '@webcir/clip';
import { concat, type HostArray, input, type Tensor } from '@webcir/kernels';

/** The text lengths of a batch: one for each of several equal groups. A program is made for these. */
export type GroupLengths = readonly number[];

type Texts = readonly (readonly number[])[];

const maxGroups = 4;

/**
 * Splits a batch of texts into groups, each run at its own length. Sorted texts (`byLength`) waste the least: a long
 * caption then costs nothing in the groups of short ones.
 * @param trim false: one group at the context length, as the original does
 */
export function groupTexts(
  texts: Texts,
  { contextLength }: ClipConfig,
  trim: boolean,
): { lengths: GroupLengths; inputs: Record<string, HostArray> } {
  const groups = trim ? partsOf(texts) : [texts];
  const lengths = groups.map((group) => (trim ? lengthFor(group, contextLength) : contextLength));
  const inputs: Record<string, HostArray> = {};
  for (const [i, group] of groups.entries()) {
    const { tokens, eotPositions } = packTokens(group, lengths[i]);
    inputs[`tokens ${i}`] = tokens;
    inputs[`eotPositions ${i}`] = eotPositions;
  }
  return { lengths, inputs };
}

/** The groups of a batch whose texts all have one length; at the context length, these take the most memory. */
export const evenGroups = (batch: number, length: number, trim: boolean): GroupLengths =>
  Array(trim ? groupCount(batch) : 1).fill(length);

const groupCount = (batch: number): number => [maxGroups, 2, 1].find((groups) => batch % groups === 0)!;

function partsOf(texts: Texts): Texts[] {
  const count = groupCount(texts.length);
  const size = texts.length / count;
  return Array.from({ length: count }, (_, i) => texts.slice(i * size, (i + 1) * size));
}

/** Orders drawn queries by the length of their texts; batches are sets, so the order within one is free. */
export const byLength = <T>(items: readonly T[], textOf: (item: T) => readonly number[]): T[] =>
  [...items].sort((a, b) => textOf(a).length - textOf(b).length);

/**
 * The features of a batch of grouped texts, whose inputs `groupTexts` fills.
 * @returns [batch, embed], not normalized
 */
export function encodeGroups(lengths: GroupLengths, batch: number, weights: Weights, config: ClipConfig): Tensor {
  const size = batch / lengths.length;
  const features = lengths.map((length, i) =>
    encodeText(input(`tokens ${i}`, [size, length], 'u32'), input(`eotPositions ${i}`, [size], 'u32'), weights, config),
  );
  return features.length > 1 ? concat(features, 0) : features[0];
}
