import { add, type HostArray, input, scale, type Tensor } from '@webcir/kernels';
import type { Drawn } from '../examples.ts';
import { contrastiveLoss } from '../loss.ts';
import { type Candidates, candidatesOfBatch } from './candidates.ts';
import { type OwnCandidates, ownCandidates } from './own-candidates.ts';
import type { End } from './right-answers.ts';

/** The features of a batch, [batch, embed] each, as CLIP gives them. */
export interface BatchFeatures {
  readonly reference: Tensor;
  readonly text: Tensor;
  readonly target: Tensor;
}

/**
 * Makes L2-normalized queries [batch, embed].
 * @param isWayBack for the queries that lead back to the references
 */
export type FuseBatch = (image: Tensor, text: Tensor, isWayBack: boolean) => Tensor;

/** What the queries of a batch are told apart from, and so the loss of both stages. */
export interface Negatives {
  /** Whether the loss reads the targets that it is given: those of a bank are in the bank. */
  readonly readsTargets: boolean;
  /** The loss of a batch, [1]. */
  loss(features: BatchFeatures, fuse: FuseBatch): Tensor;
  /** Values of what the loss reads beside them, for one batch. */
  inputs(drawn: readonly Drawn[]): Readonly<Record<string, HostArray>>;
  /** Bytes of device memory. */
  readonly size: number;
  dispose(): void;
}

/** What makes the loss other than CLIP4Cir's. */
export interface NegativeParts {
  readonly candidates: Candidates;
  readonly own: OwnCandidates;
  /** Weight of the way back; 0 for none. */
  readonly reversedWeight: number;
  /** For each end the images that are right for a query; none where they are not looked for. */
  readonly right?: Readonly<Record<End, (drawn: Drawn) => ReadonlySet<string>>> | undefined;
  /** Whether some queries have fewer candidates of their own than there is room for. */
  readonly hasGaps: boolean;
}

/** CLIP4Cir's: the other targets of the batch. */
export const inBatch = (batch: number): Negatives =>
  negativesWith({
    candidates: candidatesOfBatch(batch),
    own: ownCandidates(false, 0),
    reversedWeight: 0,
    hasGaps: false,
  });

/** Added to a logit, which is 100 at most, it leaves nothing of the exponential. */
const masked = -1e4;

export function negativesWith({ candidates, own, reversedWeight, right, hasGaps }: NegativeParts): Negatives {
  const ends: readonly End[] = reversedWeight > 0 ? ['target', 'reference'] : ['target'];
  const ownCount = (end: End) => (end === 'target' ? own.count : 0);
  const isMasked = (end: End) => right !== undefined || (hasGaps && ownCount(end) > 0);

  const lossOf = (queries: Tensor, features: BatchFeatures, end: End): Tensor => {
    const [batch] = queries.shape;
    const columns = candidates.count + ownCount(end);
    return contrastiveLoss(queries, candidates.rows(features[end]), candidates.labels(batch, end), {
      ...(ownCount(end) > 0 && { own: own.rows(features.reference) }),
      ...(isMasked(end) && { mask: input(`${end} mask`, [batch, columns]) }),
    });
  };

  /** [batch, candidates and own], 0 or `masked`. */
  const maskOf = (drawn: readonly Drawn[], end: End): Float32Array => {
    const columns = candidates.count + ownCount(end);
    const mask = new Float32Array(drawn.length * columns);
    const rowsOf = candidates.rowsOf(drawn, end);
    for (const [query, one] of drawn.entries()) {
      const row = mask.subarray(query * columns, (query + 1) * columns);
      const answers = right?.[end](one) ?? new Set<string>();
      for (const image of answers) for (const column of rowsOf(image)) row[column] = masked;
      row[candidates.areOfBatch ? query : rowsOf(one.example[end])[0]] = 0;
      if (ownCount(end) === 0) continue;
      for (const [i, image] of own.images(one).entries()) {
        if (image === undefined || answers.has(image)) row[candidates.count + i] = masked;
      }
    }
    return mask;
  };

  return {
    readsTargets: candidates.areOfBatch || reversedWeight > 0,
    loss({ reference, text, target }, fuse) {
      const features = { reference, text, target };
      const forth = lossOf(fuse(reference, text, false), features, 'target');
      if (reversedWeight === 0) return forth;
      const back = lossOf(fuse(target, scale(text, -1), true), features, 'reference');
      return add(forth, scale(back, reversedWeight));
    },
    inputs: (drawn) =>
      Object.assign(
        {},
        own.inputs(drawn),
        ...ends.flatMap((end) => [
          candidates.inputs(drawn, end),
          isMasked(end) ? { [`${end} mask`]: maskOf(drawn, end) } : {},
        ]),
      ),
    size: candidates.size,
    dispose: () => candidates.dispose(),
  };
}
