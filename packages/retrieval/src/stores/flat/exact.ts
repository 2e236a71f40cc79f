/** A row that was ranked. */
export interface Scored {
  readonly row: number;
  readonly score: number;
}

/** Best first; equal scores by rising row. */
export const byScore = (a: Scored, b: Scored): number => b.score - a.score || a.row - b.row;

/** The places of the `want` largest scores, best first; equal ones in their order. */
export function bestOf(scores: Float64Array, want: number): number[] {
  const least = kthLargest(scores, want);
  const places: number[] = [];
  for (let place = 0; place < scores.length; place++) if (scores[place] >= least) places.push(place);
  return places.sort((a, b) => scores[b] - scores[a]).slice(0, want);
}

/** The k-th largest of some scores, those of rows that may be found; -Infinity where there are fewer. */
export function kthLargest(
  scores: Float32Array | Float64Array,
  k: number,
  isAllowed: (row: number) => boolean = () => true,
): number {
  // A heap of the k largest so far, the smallest of them at its root.
  const heap: number[] = [];
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row];
    if (heap.length === k && score <= heap[0]) continue;
    if (!isAllowed(row)) continue;
    if (heap.length < k) {
      heap.push(score);
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (heap[parent] <= heap[at]) break;
        [heap[parent], heap[at]] = [heap[at], heap[parent]];
        at = parent;
      }
      continue;
    }
    heap[0] = score;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= k) break;
      const child = left + 1 < k && heap[left + 1] < heap[left] ? left + 1 : left;
      if (heap[at] <= heap[child]) break;
      [heap[at], heap[child]] = [heap[child], heap[at]];
      at = child;
    }
  }
  return heap.length === k ? heap[0] : Number.NEGATIVE_INFINITY;
}
