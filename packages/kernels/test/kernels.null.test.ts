// Every kernel compiles, also the ones that need features which this machine's adapter lacks: Dawn's null back end has them all.

import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { Device } from '../src/engine/device.ts';
import type { Kernel } from '../src/engine/kernel.ts';
import * as kernels from '../src/generated/kernels.ts';

const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
const adapter = (await gpu.requestAdapter())!;
const requiredFeatures = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'].filter((feature) =>
  adapter.features.has(feature),
) as GPUFeatureName[];
const device = new Device(await adapter.requestDevice({ requiredFeatures }), adapter.info, true, [gpu, adapter]);

/**
 * Overrides have no default where a value must be chosen: 1 stands for true and for a size of one. Subgroup matrices need whole
 * subgroups of threads.
 */
const constantsOf = (kernel: Kernel) =>
  Object.fromEntries(kernel.constants.map((name) => [name, name === 'threads' ? 256 : 1]));

describe('on a device with the default limits', () => {
  for (const kernel of Object.values(kernels) as unknown as Kernel[]) {
    it(kernel.name, async () => {
      // What is for GPUs with matrix units may ask for more workgroup memory than this device has: Dawn says so when all else
      // is well.
      const complaint = await device.pipeline(kernel, constantsOf(kernel)).then(
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
    ...(kernels.fill as unknown as Kernel),
    name: 'broken',
    code: kernels.fill.code.replace('vec4f(params', 'vec5f(params'),
  };
  await expect(device.pipeline(broken, {})).rejects.toThrow(/broken\.wgsl: [\s\S]*vec5f/);
});
