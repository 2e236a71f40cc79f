import { evalCaption } from './captions.ts';
import type { Triplet } from './types.ts';

/**
 * The texts that published numbers on CIRCO were made with, by name. Those of MagicLens and BGE-VL name the shared
 * concept, which is the noun of the answer: their numbers do not compare with those of a text that lacks it.
 * SEARLE puts a made-up word in the place of `$`; here the model reads the character.
 */
export const QUERY_TEXTS = {
  plain: '{caption}',
  searle: 'a photo of $ that {caption}',
  magiclens: 'find {shared_concept} but {caption}',
  'bge-vl': 'Find a picture that also {shared_concept}, but {caption}',
} as const;

/** A way to make the text of a query, by its name in `QUERY_TEXTS`. */
export type QueryText = keyof typeof QUERY_TEXTS;

/**
 * The text that a model reads for a query: its captions joined as `evalCaption` does, in one of the templates.
 * @throws RangeError where the template names the shared concept and the triplet has none: only CIRCO's do
 */
export function queryText({ captions, sharedConcept, id }: Triplet, name: QueryText): string {
  const parts = { '{caption}': evalCaption(captions), '{shared_concept}': sharedConcept };
  return QUERY_TEXTS[name].replace(/\{\w+\}/g, (part) => {
    const text = parts[part as keyof typeof parts];
    if (text !== undefined) return text;
    throw new RangeError(
      `triplet ${id} has no shared concept, which the text ${name} names: only CIRCO has them, the others take plain`,
    );
  });
}
