import { placeOf } from './place.ts';
import { type QueryText, queryText } from './query-texts.ts';
import type { CirDataset } from './types.ts';

/** A caption with more tokens than a text encoder reads. */
export interface LongCaption {
  /** Id of its triplet. */
  id: string;
  /** Its file and entry or line. */
  place: string;
  caption: string;
  /** Its tokens, start and end of text included. */
  tokens: number;
}

/**
 * The captions of a split that are too long, joined as in an evaluation, which makes the longest form of two.
 * @param maxTokens what the encoder reads, 77 for CLIP
 * @param countTokens the tokens of a text, start and end included
 * @param template what is read for a query (default: its captions, joined)
 */
export function longCaptions(
  dataset: CirDataset,
  split: string,
  maxTokens: number,
  countTokens: (text: string) => number,
  template: QueryText = 'plain',
): LongCaption[] {
  return dataset.triplets(split).flatMap((triplet) => {
    const { id } = triplet;
    const caption = queryText(triplet, template);
    const tokens = countTokens(caption);
    return tokens > maxTokens ? [{ id, place: placeOf(dataset, split, id), caption, tokens }] : [];
  });
}
