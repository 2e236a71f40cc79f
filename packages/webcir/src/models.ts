import { readFloat32 } from '@webcir/clip';
import { openWeights } from '@webcir/clip/node';
import { type CombinerModel, combinerModel } from '@webcir/combiner';

/** The small CLIP that ships in `assets/`, pre-trained on the embedded pictures (`pnpm pretrain`). */
export const embeddedClip = 'fmnist-clip.safetensors';

/**
 * Opens a Combiner: webcir's own, or CLIP4Cir's `combiner.pt`.
 * @throws Error naming the file and the tensor at fault
 */
export async function openCombinerModel(path: string): Promise<CombinerModel> {
  const { tensors } = await openWeights(path);
  try {
    return combinerModel(
      new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, read: () => readFloat32(tensor) }])),
    );
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}
