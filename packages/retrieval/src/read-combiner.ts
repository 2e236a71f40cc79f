import {
  type ClipModel,
  clipFingerprint,
  readFloat32,
  someNames,
  storeTensors,
  type WeightFile,
  type WeightTensor,
  weightsKind,
  withoutWrappers,
} from '@webcir/clip';
import { type CombinerModel, combinerModel } from '@webcir/combiner';

/** Metadata key of `CombinerModel.clip` in safetensors files. */
const clipKey = 'webcir.clip';

/** @throws naming the tensor at fault; or when it is a CLIP */
export function readCombinerModel({
  tensors,
  metadata,
}: Pick<WeightFile, 'tensors'> & Partial<Pick<WeightFile, 'metadata'>>): CombinerModel {
  const kind = weightsKind({ tensors });
  if (kind === 'CLIP') throw new Error('expected a Combiner, found a CLIP: are the two files swapped?');
  if (kind === undefined) {
    throw new Error(
      'Combiner weights: expected a tensor combiner_layer.weight, found none ' +
        `among ${tensors.size}: ${someNames(tensors.keys())}. Is it a Combiner, and all of it?`,
    );
  }
  const model = combinerModel(
    new Map(
      [...withoutWrappers(tensors)].map(([name, tensor]) => [
        name,
        { shape: tensor.shape, read: () => readFloat32(tensor) },
      ]),
    ),
  );
  return { ...model, clip: metadata?.get(clipKey) };
}

/** Content for a file that `readCombinerModel` reads back. */
export const storeCombinerModel = (
  { tensors, clip }: Pick<CombinerModel, 'tensors' | 'clip'>,
  dtype: 'F16' | 'F32',
): { tensors: Map<string, WeightTensor>; metadata: Map<string, string> } => ({
  tensors: storeTensors(tensors, dtype),
  metadata: new Map(clip === undefined ? [] : [[clipKey, clip]]),
});

/**
 * Checks that a Combiner goes with a CLIP. One that was trained on features of another CLIP gives meaningless results,
 * even if these are of the same width; CLIP4Cir's files do not say what they were trained on.
 * @throws RangeError naming both widths, or saying that it was trained with another CLIP
 */
export async function expectCombinerOf(model: ClipModel, { config, clip }: CombinerModel): Promise<void> {
  const { embedDim } = model.config;
  if (config.featureDim !== embedDim)
    throw new RangeError(`the Combiner takes features of ${config.featureDim} values, this CLIP makes ${embedDim}`);
  if (clip === undefined || clip === (await clipFingerprint(model))) return;
  throw new RangeError(
    'the Combiner was trained on features of another CLIP, though of the same width: ' +
      'take the two files of one run, clip.safetensors and combiner.safetensors',
  );
}
