// Every kernel compiles, also the ones that need features which this machine's adapter lacks: Dawn's null back end has
// them all.

import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { Device } from '../src/engine/device.ts';
import type { Kernel } from '../src/engine/kernel.ts';
import type { Storage } from '../src/engine/storage.ts';
import * as kernels from '../src/generated/kernels.ts';
import type { DType } from '../src/graph.ts';

const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
const adapter = (await gpu.requestAdapter())!;
const requiredFeatures = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'].filter((feature) =>
  adapter.features.has(feature),
) as GPUFeatureName[];
const device = new Device(await adapter.requestDevice({ requiredFeatures }), adapter.info, true, [gpu, adapter]);

/**
 * Overrides have no default where a value must be chosen: 1 stands for true and for a size of one. Subgroup matrices
 * need whole subgroups of threads.
 */
const constantsOf = (kernel: Kernel) =>
  Object.fromEntries(kernel.constants.map((name) => [name, name === 'threads' ? 256 : 1]));

/** Everything in single precision, everything in half, and what is only read in bytes, where a kernel takes them. */
function storagesOf({ bindings }: Kernel): [string, Storage][] {
  const stored = Object.keys(bindings).filter((name) => bindings[name].holds === 'stored');
  const all = (dtype: DType) => Object.fromEntries(stored.map((name) => [name, dtype]));
  const read = stored.filter((name) => bindings[name].access === 'read-only-storage');
  const bytes = { ...all('f32'), ...Object.fromEntries(read.map((name) => [name, 'i8' as const])) };
  return stored.length > 0
    ? [
        [' of f32', all('f32')],
        [' of f16', all('f16')],
        ...(read.length > 0 ? [[' of i8', bytes] as [string, Storage]] : []),
      ]
    : [['', {}]];
}

describe('on a device with the default limits', () => {
  const inEachStorage = (Object.values(kernels) as unknown as Kernel[]).flatMap((kernel) =>
    storagesOf(kernel).map(([name, storage]) => [`${kernel.name}${name}`, kernel, storage] as const),
  );
  for (const [name, kernel, storage] of inEachStorage) {
    it(name, async () => {
      // Kernels for GPUs with matrix units may need more workgroup memory than this device has: Dawn says so if nothing
      // else is wrong.
      const complaint = await device.pipeline({ kernel, constants: constantsOf(kernel), storage }).then(
        () => 'none',
        (error: Error) => error.message,
      );
      const onMatrices = kernel.features.includes('chromium-experimental-subgroup-matrix');
      expect(complaint).toMatch(onMatrices ? /^none$|wgsl: The total use of workgroup storage/ : /^none$/);
      expect(
        Object.keys(kernel.bindings).length,
        'storage buffers, of which every device has at least 8',
      ).toBeLessThanOrEqual(8);
    });
  }
});

it('and a mistake in the WGSL is told with its place', async () => {
  const broken: Kernel = {
    ...(kernels.fillKernel as unknown as Kernel),
    name: 'broken',
    code: kernels.fillKernel.code.replace('vec4f(params', 'vec5f(params'),
  };
  await expect(device.pipeline({ kernel: broken, constants: {}, storage: {} })).rejects.toThrow(
    /broken\.wgsl: [\s\S]*vec5f/,
  );
});
