export type { Capabilities } from './engine/capabilities.ts';
export { Device, openDevice, wrapDevice } from './engine/device.ts';
export { DeviceLostError, GpuError, NoAdapterError } from './engine/errors.ts';
export { gradients } from './engine/gradients.ts';
export { ShapeError } from './engine/op.ts';
export { type DispatchTime, profile } from './engine/profile.ts';
export { type CompileOptions, compile, type HostArray, Program } from './engine/program.ts';
export { type StoreEntry, TensorStore } from './engine/store.ts';
export {
  constant,
  type DType,
  elements,
  input,
  type Region,
  type Shape,
  stored,
  type Tensor,
} from './engine/tensor.ts';
export { variantChoices } from './engine/variants.ts';
export { Waiter } from './engine/wait.ts';
export * from './generated/ops.ts';
export { Adam, type AdamOptions, type AdamStep } from './optimizer/adam.ts';
