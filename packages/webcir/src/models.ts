import { readFloat32, type WeightFile, withoutModulePrefix } from '@webcir/clip';
import { openWeights } from '@webcir/clip/node';
import { type CombinerModel, combinerModel } from '@webcir/combiner';

/** The small CLIP that ships in `assets/`, pre-trained on the embedded images (`pnpm pretrain`). */
export const embeddedClip = 'fmnist-clip.safetensors';

/** Whether a file holds a Combiner, and no CLIP. */
export const isCombiner = ({ tensors }: WeightFile): boolean =>
  withoutModulePrefix(tensors).has('combiner_layer.weight');

/** @throws naming the tensor at fault */
export const readCombinerModel = ({ tensors }: WeightFile): CombinerModel =>
  combinerModel(
    new Map(
      [...withoutModulePrefix(tensors)].map(([name, tensor]) => [
        name,
        { shape: tensor.shape, read: () => readFloat32(tensor) },
      ]),
    ),
  );

/**
 * Opens a Combiner: webcir's own, or CLIP4Cir's `combiner.pt`.
 * @throws Error naming the file and the tensor at fault
 */
export async function openCombinerModel(path: string): Promise<CombinerModel> {
  const file = await openWeights(path);
  try {
    return readCombinerModel(file);
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}
