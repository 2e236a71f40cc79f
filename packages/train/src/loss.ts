import { constant, l2Normalize, matmul, scale, softmaxCrossEntropy, sum, type Tensor } from '@webcir/kernels';

/** CLIP4Cir's fixed logit scale, a temperature of 1 / 100. */
export const logitScale = 100;

/**
 * The contrastive loss of both stages: each query's own target against the other targets of the batch, in one
 * direction.
 * @param queries [batch, width], L2-normalized
 * @param targets [batch, width] features as CLIP gives them
 * @returns [1], the mean over the batch
 */
export function batchContrastiveLoss(queries: Tensor, targets: Tensor): Tensor {
  const batch = queries.shape[0];
  const labels = constant(
    Uint32Array.from({ length: batch }, (_, i) => i),
    [batch],
  );
  return contrastiveLoss(queries, l2Normalize(targets), labels);
}

/**
 * The same against any candidates, of which one is each query's target.
 * @param queries [batch, width], L2-normalized
 * @param candidates [candidates, width], L2-normalized
 * @param labels u32 [batch], the row of each query's target among the candidates
 * @returns [1], the mean over the batch
 */
export function contrastiveLoss(queries: Tensor, candidates: Tensor, labels: Tensor): Tensor {
  const logits = scale(matmul(queries, candidates, { transposeB: true }), logitScale);
  return scale(sum(softmaxCrossEntropy(logits, labels)), 1 / queries.shape[0]);
}
