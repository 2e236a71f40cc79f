/** Facts that kernels may be chosen by: plain data, so that a plan can be made and tested without a device. */
export interface Capabilities {
  readonly features: ReadonlySet<string>;
  /** Lanes of a subgroup where the adapter has one fixed size and the subgroups feature; else 0. */
  readonly subgroupSize: number;
  /** Lanes of the largest subgroup that the adapter may use; 0 without the subgroups feature. */
  readonly largestSubgroup: number;
  /** Matrix products of whole subgroups (tensor cores) that the adapter has, where the device has the feature. */
  readonly subgroupMatrices: readonly SubgroupMatrix[];
  /** A CPU runs the shaders (lavapipe, SwiftShader): workgroup memory, barriers and loads are slow there. */
  readonly software: boolean;
  /** The adapter's vendor as WebGPU reports it: 'nvidia', 'apple', ...; '' if it does not. */
  readonly vendor: string;
  readonly maxBindingSize: number;
  readonly maxWorkgroupInvocations: number;
  readonly maxWorkgroupMemory: number;
  /** Variants measured on this adapter (`enableAutotune`): they override the fixed choice. */
  readonly choices?: Choices;
}

/** The variant of an op for a class of shapes, by `shapeClass`. Plain data, to be kept as JSON. */
export type Choices = Readonly<Record<string, string>>;

/** A product of m x k and k x n, both of `type`, added to m x n of `resultType`: 'f16', 'f32', 'i32', ... */
export interface SubgroupMatrix {
  readonly type: string;
  readonly resultType: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

export function readCapabilities(device: GPUDevice, info: GPUAdapterInfo): Capabilities {
  const { subgroupMinSize, subgroupMaxSize } = info;
  const hasSubgroups = device.features.has('subgroups') && subgroupMinSize === subgroupMaxSize;
  return {
    features: new Set(device.features),
    subgroupSize: hasSubgroups ? (subgroupMinSize ?? 0) : 0,
    largestSubgroup: device.features.has('subgroups') ? largestSubgroup(info) : 0,
    subgroupMatrices: device.features.has(subgroupMatrixFeature) ? subgroupMatrices(info) : [],
    software: /llvmpipe|lavapipe|swiftshader/i.test(
      `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
    ),
    vendor: info.vendor.toLowerCase(),
    maxBindingSize: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    maxWorkgroupInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupMemory: device.limits.maxComputeWorkgroupStorageSize,
  };
}

/** Chromium's name for a feature that is not in the standard yet. */
export const subgroupMatrixFeature = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

/** Apple's GPUs all have subgroups of 32; Dawn cannot query that, and reports 4 to 64. */
const largestSubgroup = ({ vendor, subgroupMaxSize }: GPUAdapterInfo): number =>
  /apple/i.test(vendor) ? 32 : (subgroupMaxSize ?? 0);

interface SubgroupMatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

function subgroupMatrices(info: GPUAdapterInfo): SubgroupMatrix[] {
  const { subgroupMatrixConfigs = [] } = info as { subgroupMatrixConfigs?: Iterable<SubgroupMatrixConfig> };
  return Array.from(subgroupMatrixConfigs, ({ componentType, resultComponentType, M, N, K }) => ({
    type: componentType,
    resultType: resultComponentType,
    m: M,
    n: N,
    k: K,
  }));
}
