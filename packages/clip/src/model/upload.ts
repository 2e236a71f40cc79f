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
    for await (const [name, { light, floats }] of readAhead(model.tensors, readStored)) {
      const label = light ? scaleName(name) : name;
      expectFiniteWeights(`CLIP weights: ${label}`, floats);
      if (light) await frozen.upload(name, light.values);
      await (isTrained(name) ? trained : frozen).upload(label, floats);
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

/** @internal A tensor as it is stored on the device: floats, or bytes and the floats that scale them. */
export async function readStored(tensor: ModelTensor) {
  const light = await tensor.readInt8?.();
  return { light, floats: light ? light.scales : await tensor.read() };
}
