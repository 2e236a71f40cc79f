import type { Device } from '@webcir/kernels';
import { dispatcher } from './dispatcher.ts';
import code from './read.wgsl';
import { readScalar } from './rounds.ts';

/** Bytes that one workgroup of read.wgsl reads, and that it writes. */
const [GROUP, RESULT] = [2560 * 16, 8 * 16];

/** What reading a buffer costs, and nothing else. @param size in bytes, a multiple of 40,960 */
export function readOnly(device: Device, size: number): { run(times: number): Promise<void>; dispose(): void } {
  const groups = size / GROUP;
  const seen = device.gpu.createBuffer({ size: groups * RESULT, usage: 0x80 | 0x4 });
  const buffer = device.gpu.createBuffer({ size, usage: 0x80 });
  const submit = dispatcher(device, { code, buffers: [buffer, seen], groups });
  return {
    async run(times) {
      for (let i = 0; i < times; i++) submit(1);
      await readScalar(device, { buffer: seen, offset: 0, size: 4 });
    },
    dispose() {
      for (const owned of [seen, buffer]) owned.destroy();
    },
  };
}
