import {
  add,
  concat,
  constant,
  l2Normalize,
  matmul,
  reshape,
  scale,
  softmaxCrossEntropy,
  sum,
  type Tensor,
} from '@webcir/kernels';

/** CLIP4Cir's fixed logit scale, a temperature of 1 / 100. */
export const logitScale = 100;

/** For each query its own target, in a batch of targets: u32 [batch]. */
export const labelsInBatch = (batch: number): Tensor =>
  constant(
    Uint32Array.from({ length: batch }, (_, i) => i),
    [batch],
  );

/**
 * The contrastive loss of both stages: each query's own target against the other targets of the batch, in one
 * direction.
 * @param queries [batch, width], L2-normalized
 * @param targets [batch, width] features as CLIP gives them
 * @returns [1], the mean over the batch
 */
export const batchContrastiveLoss = (queries: Tensor, targets: Tensor): Tensor =>
  contrastiveLoss(queries, l2Normalize(targets), labelsInBatch(queries.shape[0]));

/** What else a query is compared with. */
export interface MoreCandidates {
  /** [batch, own, width], L2-normalized: candidates of each query alone. */
  readonly own?: Tensor | undefined;
  /** [batch, candidates + own]: added to the logits, 0 or far below it for what does not count. */
  readonly mask?: Tensor | undefined;
}

/**
 * The same against any candidates, of which one is each query's target.
 * @param queries [batch, width], L2-normalized
 * @param candidates [candidates, width], L2-normalized
 * @param labels u32 [batch], the row of each query's target among the candidates
 * @returns [1], the mean over the batch
 */
export function contrastiveLoss(
  queries: Tensor,
  candidates: Tensor,
  labels: Tensor,
  { own, mask }: MoreCandidates = {},
): Tensor {
  const [batch, width] = queries.shape;
  const shared = matmul(queries, candidates, { transposeB: true });
  const cosines = own
    ? concat(
        [
          shared,
          reshape(matmul(reshape(queries, [batch, 1, width]), own, { transposeB: true }), [batch, own.shape[1]]),
        ],
        1,
      )
    : shared;
  const scaled = scale(cosines, logitScale);
  const logits = mask ? add(scaled, mask) : scaled;
  return scale(sum(softmaxCrossEntropy(logits, labels)), 1 / batch);
}
