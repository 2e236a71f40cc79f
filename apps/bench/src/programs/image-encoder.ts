import { buildImageEncoder } from '../build/encoders.ts';
import type { BenchProgram } from './program.ts';

const encoder = (name: string, model: 'RN50' | 'ViT-B/32'): BenchProgram => ({
  name,
  about: `${model}'s image encoder, 8 images of 224 x 224`,
  maxRounds: 5,
  build: (device) => buildImageEncoder(device, model, 8),
});

export const imageEncoder = [encoder('image-rn50', 'RN50'), encoder('image-vit-b32', 'ViT-B/32')];
