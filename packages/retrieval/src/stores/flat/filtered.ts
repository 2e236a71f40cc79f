import { type Filter, passes } from '../filter.ts';
import type { Segment } from './segment.ts';

/** Filters whose answers are kept for a segment: a page of results is often followed by the next one. */
const keptFilters = 8;
/** Metadata that is read at once, in rows. */
const blockRows = 65_536;

/**
 * Which rows of segments do not pass a filter. A segment never changes, so its answer is kept: the first search with a
 * filter reads all metadata, the next ones none.
 */
export class Filtered {
  readonly #answers = new WeakMap<Segment, Map<string, Promise<Uint8Array>>>();

  /** @returns a 1 for each row that does not pass */
  blocked(segment: Segment, filter: Filter): Promise<Uint8Array> {
    const answers = this.#answers.get(segment) ?? new Map<string, Promise<Uint8Array>>();
    this.#answers.set(segment, answers);
    const key = JSON.stringify(filter);
    const answer = answers.get(key) ?? readBlocked(segment, filter);
    answers.delete(key);
    answers.set(key, answer); // the last one that was used is the last to go
    answer.catch(() => answers.delete(key));
    for (const old of answers.keys()) {
      if (answers.size <= keptFilters) break;
      answers.delete(old);
    }
    return answer;
  }
}

async function readBlocked(segment: Segment, filter: Filter): Promise<Uint8Array> {
  const blocked = new Uint8Array(segment.rows);
  for (let first = 0; first < segment.rows; first += blockRows) {
    const texts = await segment.metadata.read(first, Math.min(blockRows, segment.rows - first));
    for (let i = 0; i < texts.length; i++) if (!passes(JSON.parse(texts.at(i)), filter)) blocked[first + i] = 1;
  }
  return blocked;
}
