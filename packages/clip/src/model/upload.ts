import { type Device, expectFiniteWeights, TensorStore } from '@webcir/kernels';
import { type Weights, weightsOf } from '../encoders/weights.ts';
import { type ClipModel, entriesOf, type ModelTensor } from './model.ts';
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
 * @throws Error naming the first tensor with a value that is not finite
 */
export async function uploadClip(
  device: Device,
  model: ClipModel,
  isTrained: (name: string) => boolean = () => false,
): Promise<DeviceClip> {
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
    for await (const [name, values] of readAhead(model.tensors, (tensor) => tensor.read())) {
      expectFiniteWeights(`CLIP weights: ${name}`, values);
      await (isTrained(name) ? trained : frozen).upload(name, values);
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
