import { checkpoint, type Tensor } from '@webcir/kernels';
import type { ClipConfig } from '../config.ts';
import { encodeImageResnet } from './resnet.ts';
import { encodeImageSiglip } from './siglip.ts';
import { encodeImageVit } from './vit.ts';
import type { Weights } from './weights.ts';

/**
 * A model's image encoder: CLIP's ResNet or ViT, or SigLIP's ViT.
 * @param pixels [batch, size, size, 3], normalized (`normalizePixels`)
 * @returns [batch, embed], not normalized
 */
export function encodeImage(pixels: Tensor, weights: Weights, config: ClipConfig): Tensor {
  return checkpoint(featuresOf(pixels, weights, config));
}

function featuresOf(pixels: Tensor, weights: Weights, config: ClipConfig): Tensor {
  const { vision, family } = config;
  if (vision.kind === 'resnet') return encodeImageResnet(pixels, weights, vision);
  return (family === 'clip' ? encodeImageVit : encodeImageSiglip)(pixels, weights, vision, config);
}
