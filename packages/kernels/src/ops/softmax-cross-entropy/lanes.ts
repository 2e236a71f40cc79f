/**
 * How many threads share one row of a reduction over the last axis. Thread `lane` owns columns lane, lane + lanes, ...:
 * neighbours read neighbouring columns, and no barrier is needed, since a second dispatch adds up one part per lane.
 * At least 16 lanes keep loads coalesced; few rows get more, so that about 8,192 threads are busy.
 */
export function lanesFor(rows: number, columns: number): number {
  const wanted = Math.min(256, Math.max(16, Math.floor(8192 / rows)));
  return Math.min(wanted, Math.ceil(columns / 4));
}
