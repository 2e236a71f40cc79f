import { readFloat32, type WeightFile, withoutModulePrefix } from '@webcir/clip';
import { type CombinerModel, combinerModel } from '@webcir/combiner';

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
