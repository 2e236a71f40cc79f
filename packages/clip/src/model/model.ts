import type { StoreEntry } from '@webcir/kernels';
import { type ClipConfig, inferConfig } from '../config.ts';
import { tokenTable } from '../encoders/text.ts';
import { fromFloat32, type Safetensors, type StoredTensor, toFloat32 } from '../safetensors.ts';

export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A CLIP in host memory. */
export interface ClipModel {
  readonly config: ClipConfig;
  /** By OpenAI's names. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /**
   * BPE id of each row of `token_embedding.weight`, where the model keeps only the rows that its training texts use. Words
   * outside it are left out of a text: nothing was ever learnt about them.
   */
  readonly vocabulary?: readonly number[];
}

const vocabularyKey = 'webcir.vocabulary';
const activationKey = 'webcir.activation';

/**
 * Reads a model from a safetensors file with OpenAI's tensor names.
 * @throws naming the tensor, when the file does not hold a whole CLIP
 */
export function readClipModel({ tensors, metadata }: Safetensors): ClipModel {
  const floats = [...tensors].filter(([, { dtype }]) => dtype.startsWith('F') || dtype.startsWith('BF'));
  const config = inferConfig(new Map(floats.map(([name, { shape }]) => [name, shape])));
  const activation = metadata.get(activationKey) === 'gelu' ? 'gelu' : config.activation;
  const vocabulary = metadata.get(vocabularyKey);
  return {
    config: { ...config, activation },
    tensors: new Map(floats.map(([name, tensor]) => [name, { shape: tensor.shape, values: toFloat32(tensor) }])),
    vocabulary: vocabulary === undefined ? undefined : parseVocabulary(vocabulary, config.vocabularySize),
  };
}

function parseVocabulary(text: string, rows: number): number[] {
  const ids: unknown = JSON.parse(text);
  if (!Array.isArray(ids) || ids.length !== rows || !ids.every((id) => Number.isInteger(id) && id >= 0)) {
    throw new Error(
      `CLIP weights: ${vocabularyKey}: expected ${rows} token ids, one for each row of token_embedding.weight.`,
    );
  }
  return ids;
}

/** The contents of a safetensors file that `readClipModel` reads back. */
export function storeClipModel(
  { tensors, vocabulary, config }: ClipModel,
  dtype: 'F16' | 'F32',
): {
  tensors: Map<string, StoredTensor>;
  metadata: Map<string, string>;
} {
  const metadata = new Map<string, string>([[activationKey, config.activation]]);
  if (vocabulary) metadata.set(vocabularyKey, JSON.stringify(vocabulary));
  return {
    tensors: new Map([...tensors].map(([name, { shape, values }]) => [name, fromFloat32(values, shape, dtype)])),
    metadata,
  };
}

/** Which encoder a tensor belongs to. */
export const isVisual = (name: string): boolean => name.startsWith('visual.');

/** BatchNorm's statistics are measured, not trained; CLIP's logit scale takes no part in CIR's loss. */
export const isTrainable = (name: string): boolean =>
  !/running_(mean|var)$|num_batches_tracked$|^logit_scale$/.test(name);

export const entriesOf = (model: ClipModel): StoreEntry[] =>
  [...model.tensors].map(([name, { shape }]) => ({
    name,
    shape: shape.length > 0 ? shape : [1],
    byRows: name === tokenTable,
  }));
