import { type Device, TensorStore } from '@webcir/kernels';
import { type Weights, weightsOf } from '../encoders/weights.ts';
import { type ClipModel, entriesOf } from './model.ts';

/** A CLIP on a device: what is trained and what is not, in stores of their own. */
export interface DeviceClip {
  readonly trained: TensorStore;
  readonly frozen: TensorStore;
  readonly weights: Weights;
  dispose(): void;
}

/** Copies a model to a device. */
export function uploadClip(
  device: Device,
  model: ClipModel,
  isTrained: (name: string) => boolean = () => false,
): DeviceClip {
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
  for (const [name, { values }] of model.tensors) (isTrained(name) ? trained : frozen).write(name, values);
  return {
    trained,
    frozen,
    weights: weightsOf(trained, frozen),
    dispose() {
      trained.dispose();
      frozen.dispose();
    },
  };
}

/** The model with the trained tensors as they are on the device now. */
export async function downloadClip(model: ClipModel, { trained }: DeviceClip): Promise<ClipModel> {
  const values = await trained.read();
  const tensors = new Map(
    [...model.tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: values.get(name) ?? tensor.values },
    ]),
  );
  return { ...model, tensors };
}
