import { readFloat32, someNames, type WeightFile, weightsKind, withoutWrappers } from '@webcir/clip';
import { type CombinerModel, combinerModel } from '@webcir/combiner';

/** @throws naming the tensor at fault; or when it is a CLIP */
export function readCombinerModel({ tensors }: Pick<WeightFile, 'tensors'>): CombinerModel {
  const kind = weightsKind({ tensors });
  if (kind === 'CLIP') throw new Error('expected a Combiner, found a CLIP: are the two files swapped?');
  if (kind === undefined) {
    throw new Error(
      'Combiner weights: expected a tensor combiner_layer.weight, found none ' +
        `among ${tensors.size}: ${someNames(tensors.keys())}. Is it a Combiner, and all of it?`,
    );
  }
  return combinerModel(
    new Map(
      [...withoutWrappers(tensors)].map(([name, tensor]) => [
        name,
        { shape: tensor.shape, read: () => readFloat32(tensor) },
      ]),
    ),
  );
}
