/**
 * The token that each pair of neighbouring tokens merges into. Ids grow with the rank: a lower id was merged earlier.
 */
export type Merges = ReadonlyMap<number, number>;

/** The key of a pair in `Merges`. Ids are below 2^21, so that keys stay exact integers. */
export const pairKey = (left: number, right: number): number => left * 0x200000 + right;

/** Byte-pair encoding: merges the pair of the lowest rank, everywhere, until none is left. Changes `ids`. */
export function mergePairs(ids: number[], merges: Merges): number[] {
  while (ids.length > 1) {
    let merged = Number.POSITIVE_INFINITY;
    let key = 0;
    for (let i = 1; i < ids.length; i++) {
      const candidate = merges.get(pairKey(ids[i - 1], ids[i]));
      if (candidate !== undefined && candidate < merged) {
        merged = candidate;
        key = pairKey(ids[i - 1], ids[i]);
      }
    }
    if (key === 0) break;
    let length = 0;
    for (let i = 0; i < ids.length; i++) {
      const matches = i + 1 < ids.length && pairKey(ids[i], ids[i + 1]) === key;
      ids[length++] = matches ? merged : ids[i];
      if (matches) i++;
    }
    ids.length = length;
  }
  return ids;
}
