export { type GradientOptions, gradients, vjp } from './autodiff/gradients.ts';
export { type AutotuneCounts, type AutotuneOptions, enableAutotune } from './engine/autotune.ts';
export type { Capabilities, Choices } from './engine/capabilities.ts';
export { Device, openDevice, requiredFeatures, requiredLimits, wrapDevice } from './engine/device.ts';
export { DeviceLostError, GpuError, NoAdapterError, OutOfMemoryError } from './engine/errors.ts';
export { expectFiniteWeights, indexOfNonFinite } from './engine/finite.ts';
export { BufferUsage, MapMode, TextureUsage } from './engine/flags.ts';
export { type StoreEntry, StoreLayout, type StorePart } from './engine/layout.ts';
export { type MemoryNeed, planMemory, sharedSize } from './engine/memory.ts';
export { MissingPackageError, missingPackage, packageName } from './engine/missing-package.ts';
export { ShapeError } from './engine/op.ts';
export { type DispatchTime, profile } from './engine/profile.ts';
export {
  type CompileOptions,
  compile,
  compileAhead,
  type Inputs,
  type InputWriter,
  Program,
} from './engine/program.ts';
export { remember } from './engine/remember.ts';
export { SharedMemory } from './engine/shared-memory.ts';
export { TensorStore } from './engine/store.ts';
export { variantChoices } from './engine/variants.ts';
export { Waiter } from './engine/wait.ts';
export { kernelsFingerprint } from './generated/fingerprint.ts';
export * from './generated/ops.ts';
export {
  constant,
  type DType,
  elements,
  type Graph,
  type HostArray,
  input,
  type Region,
  type Shape,
  stored,
  type Tensor,
} from './graph.ts';
export { Adam, type AdamOptions, type AdamStep, packedGradients } from './optimizer/adam.ts';
export { LossScaler } from './optimizer/loss-scaler.ts';
export { expectReadable, TextureReader } from './textures/read-texture.ts';
