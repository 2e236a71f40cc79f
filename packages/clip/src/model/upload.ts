import { type Device, expectFiniteWeights, TensorStore } from '@webcir/kernels';
import { type Weights, weightsOf } from '../encoders/weights.ts';
import { scaleName } from '../weights/int8.ts';
import { type ClipModel, entriesOf, expectTrainable, type ModelTensor } from './model.ts';
import { readAhead } from './read-ahead.ts';

/** A CLIP on a device, with trained and frozen tensors in separate stores. */
export interface DeviceClip {
  readonly trained: TensorStore;
  readonly frozen: TensorStore;
  readonly weights: Weights;
  dispose(): void;
}

/**
 * Copies a model to a device, some megabytes at a time: host memory never holds much more than the largest tensor.
 * Light weights stay in int8.
 * @throws Error naming the first tensor with a value that is not finite, or one to be trained that is in int8
 */
export async function uploadClip(
  device: Device,
  model: ClipModel,
  isTrained: (name: string) => boolean = () => false,
): Promise<DeviceClip> {
  expectTrainable(model, isTrained);
  const entries = entriesOf(model);
  const trained = TensorStore.create(
    device,
    entries.filter(({ name }) => isTrained(name)),
    'trained weights',
  );
  const frozen = TensorStore.create(
    device,
    entries.filter(({ name }) => !isTrained(name)),
    'frozen weights',
  );
  const dispose = () => {
    trained.dispose();
    frozen.dispose();
  };
  try {
    for await (const [name, stored] of readAhead(model.tensors, readStored)) {
      for (const [label, values] of stored) await (isTrained(name) ? trained : frozen).upload(label, values);
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return { trained, frozen, weights: weightsOf(trained, frozen), dispose };
}

/** The model with the trained tensors as they are on the device when they are read. */
export function downloadClip(model: ClipModel, { trained }: DeviceClip): ClipModel {
  const tensors = [...model.tensors].map(([name, tensor]): [string, ModelTensor] => [
    name,
    trained.has(name) ? { shape: tensor.shape, read: () => trained.readTensor(name) } : tensor,
  ]);
  return { ...model, tensors: new Map(tensors) };
}

/**
 * @internal Reads a tensor as it is stored on the device, by the names that it has there: floats, or bytes and the
 * floats that scale them.
 * @param place of it in the whole tensor, for errors
 * @throws Error naming it where a value is not finite
 */
export async function readStored(
  name: string,
  tensor: ModelTensor,
  place = '',
): Promise<[label: string, values: Float32Array | Int8Array][]> {
  const light = await tensor.readInt8?.();
  const [label, floats] = light ? [scaleName(name), light.scales] : [name, await tensor.read()];
  expectFiniteWeights(`CLIP weights: ${label}${place}`, floats);
  return [...(light ? [[name, light.values] as [string, Int8Array]] : []), [label, floats]];
}
