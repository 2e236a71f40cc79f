import { checkpoint, type Tensor } from '@webcir/kernels';
import type { ClipConfig } from '../config.ts';
import { encodeImageResnet } from './resnet.ts';
import { encodeImageVit } from './vit.ts';
import type { Weights } from './weights.ts';

/**
 * CLIP's image encoder, ResNet or ViT.
 * @param pixels [batch, size, size, 3], normalized (`normalizePixels`)
 * @returns [batch, embed], not normalized
 */
export function encodeImage(pixels: Tensor, weights: Weights, config: ClipConfig): Tensor {
  const { vision } = config;
  const features =
    vision.kind === 'vit'
      ? encodeImageVit(pixels, weights, vision, config)
      : encodeImageResnet(pixels, weights, vision);
  return checkpoint(features);
}
