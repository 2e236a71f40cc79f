import type { Device } from '@webcir/kernels';

/** Queues a kernel of the bench's own, `times` times, in one submit. */
export type Submit = (times: number) => void;

interface Use {
  readonly code: string;
  readonly buffers: readonly GPUBuffer[];
  readonly groups: number;
  readonly constants?: Readonly<Record<string, number>>;
}

/** Makes a kernel that is no op of the engine ready: its buffers are bound in the order of its bindings. */
export function dispatcher(device: Device, { code, buffers, groups, constants = {} }: Use): Submit {
  const module = device.gpu.createShaderModule({ code });
  const compute = { module, constants: { ...constants } };
  const pipeline = device.gpu.createComputePipeline({ layout: 'auto', compute });
  const bindGroup = device.gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const rows = Math.ceil(groups / 65535);
  return (times) => {
    const encoder = device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(Math.ceil(groups / rows), rows);
    pass.end();
    device.gpu.queue.submit([encoder.finish()]);
  };
}
