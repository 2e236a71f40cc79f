import type { Picked, Work } from './work.ts';

/**
 * Largest difference that a peer may show, relative to the largest value of the array; losses after two updates differ
 * more.
 */
const tolerance = (work: Work) => (work.kind === 'stage1' || work.kind === 'stage2' ? 5e-3 : 1e-3);

/**
 * Says what is wrong with a peer's result, or gives undefined. Images found must be the same but for one in a hundred:
 * two scores that nearly tie may change places.
 * @param expected ours
 */
export function disagreement(work: Work, expected: Picked, found: Picked): string | undefined {
  for (const [name, ours] of Object.entries(expected)) {
    const theirs = found[name];
    if (theirs?.length !== ours.length)
      return `${name}: expected ${ours.length} values, found ${theirs?.length ?? 'none'}`;
    if (work.kind === 'search') {
      const others = ours.filter((image, i) => image !== theirs[i]).length;
      if (others > ours.length / 100) return `${name}: ${others} of ${ours.length} differ`;
      continue;
    }
    const scale = Math.max(...ours.map(Math.abs));
    const error = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]))) / scale;
    if (!(error <= tolerance(work))) return `${name}: differs by ${error.toExponential(1)} of its largest value`;
  }
  return undefined;
}
