import { add, l2Normalize, type Tensor } from '@webcir/kernels';

/**
 * The query feature of CLIP4Cir's first stage: the plain sum of both features, as CLIP gives them, then normalized.
 * @param image [batch, width]
 * @param text [batch, width]
 * @returns [batch, width], L2-normalized
 */
export const elementwiseSum = (image: Tensor, text: Tensor): Tensor => l2Normalize(add(image, text));
