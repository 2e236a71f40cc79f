/** What kernels may choose by: plain data, so that a plan can be made and tested without a device. */
export interface Capabilities {
  readonly features: ReadonlySet<string>;
  /** Lanes of a subgroup where the adapter has one fixed size and the subgroups feature; else 0. */
  readonly subgroupSize: number;
  /** A CPU runs the shaders (lavapipe, SwiftShader): workgroup memory and barriers are slow there, loads dear. */
  readonly software: boolean;
  /** Who made the adapter, as WebGPU says it: 'nvidia', 'apple', ...; '' where it does not say. */
  readonly vendor: string;
  readonly maxBindingSize: number;
  readonly maxWorkgroupInvocations: number;
  readonly maxWorkgroupMemory: number;
}

export function readCapabilities(device: GPUDevice, info: GPUAdapterInfo): Capabilities {
  const { subgroupMinSize, subgroupMaxSize } = info;
  const hasSubgroups = device.features.has('subgroups') && subgroupMinSize === subgroupMaxSize;
  return {
    features: new Set(device.features),
    subgroupSize: hasSubgroups ? (subgroupMinSize ?? 0) : 0,
    software: /llvmpipe|lavapipe|swiftshader/i.test(
      `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
    ),
    vendor: info.vendor.toLowerCase(),
    maxBindingSize: device.limits.maxStorageBufferBindingSize,
    maxWorkgroupInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupMemory: device.limits.maxComputeWorkgroupStorageSize,
  };
}
