import { type Device, TensorStore } from '@webcir/kernels';
import { type Weights, weightsOf } from '../encoders/weights.ts';
import { type ClipModel, entriesOf, hostTensor } from './model.ts';

/** A CLIP on a device: what is trained and what is not, in stores of their own. */
export interface DeviceClip {
  readonly trained: TensorStore;
  readonly frozen: TensorStore;
  readonly weights: Weights;
  dispose(): void;
}

/** Bytes that may wait in the device's queue: it keeps a copy of them until they have arrived. */
const UPLOAD_WINDOW = 64e6;

/** Copies a model to a device, tensor by tensor: host memory never holds much more than the largest of them. */
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
  let waiting = 0;
  for (const [name, tensor] of model.tensors) {
    const values = await tensor.read();
    (isTrained(name) ? trained : frozen).write(name, values);
    waiting += values.byteLength;
    if (waiting > UPLOAD_WINDOW) {
      await device.idle();
      waiting = 0;
    }
  }
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
    [...model.tensors].map(([name, tensor]) => {
      const tuned = values.get(name);
      return [name, tuned ? hostTensor(tensor.shape, tuned) : tensor];
    }),
  );
  return { ...model, tensors };
}
