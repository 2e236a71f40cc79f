import { add, l2Normalize, scale, type Tensor } from '@webcir/kernels';

/**
 * The query feature of CLIP4Cir's first stage: the plain sum of both features, as CLIP gives them, then normalized.
 * @param image [batch, width]
 * @param text [batch, width]
 * @returns [batch, width], L2-normalized
 */
export const elementwiseSum = (image: Tensor, text: Tensor): Tensor => l2Normalize(add(image, text));

/**
 * (1 - weight) * image + weight * text of the normalized features, normalized again: 0 is the image alone, 1 the text.
 * @param image [batch, width]
 * @param text [batch, width]
 */
export const weightedSum = (image: Tensor, text: Tensor, weight: number): Tensor =>
  l2Normalize(add(scale(l2Normalize(image), 1 - weight), scale(l2Normalize(text), weight)));
