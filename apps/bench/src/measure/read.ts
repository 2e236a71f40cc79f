import type { Device } from '@webcir/kernels';
import { dispatcher } from './dispatcher.ts';
import code from './read.wgsl';
import { readScalar } from './rounds.ts';

/** Bytes that one workgroup of read.wgsl reads. */
const GROUP = 1024 * 16;

/** What reading `count` buffers of `size` bytes costs, and nothing else. */
export function readOnly(
  device: Device,
  size: number,
  count: number,
): { run(times: number): Promise<void>; dispose(): void } {
  const groups = Math.ceil(size / GROUP);
  const sums = device.gpu.createBuffer({ size: groups * 64 * 16, usage: 0x80 | 0x4 });
  const buffers = Array.from({ length: count }, () => device.gpu.createBuffer({ size, usage: 0x80 }));
  const submits = buffers.map((buffer) => dispatcher(device, { code, buffers: [buffer, sums], groups }));
  return {
    async run(times) {
      for (let i = 0; i < times; i++) for (const submit of submits) submit(1);
      await readScalar(device, { buffer: sums, offset: 0, size: 4 });
    },
    dispose() {
      for (const buffer of [sums, ...buffers]) buffer.destroy();
    },
  };
}
