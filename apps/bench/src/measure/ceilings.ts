import type { Device } from '@webcir/kernels';
import copyCode from './copy.wgsl';
import { dispatcher, type Submit } from './dispatcher.ts';
import peakCode from './peak.wgsl';
import { stopwatch } from './rounds.ts';
import type { Ceilings } from './share.ts';

const THREADS = 2 ** 16;
const OPERATIONS_PER_TURN = 128;
const VECTORS_PER_GROUP = 1024;
/** Dispatches in one submit, so that what it costs to submit and to wait is little of their time. */
const AT_ONCE = 4;

/**
 * Measures both ceilings. The fastest round counts, and the faster one of the copy kernel and the device's own copy:
 * nothing can be faster than a ceiling.
 */
export async function measureCeilings(device: Device, rounds: number): Promise<Ceilings> {
  // Long enough to be measured on a CPU and on a card that is a thousand times as fast.
  const turns = device.capabilities.software ? 64 : 16384;
  const output = device.gpu.createBuffer({ size: THREADS * 16, usage: 0x80 });
  const groups = THREADS / 64;
  const peak = dispatcher(device, { code: peakCode, buffers: [output], groups, constants: { turns } });
  const flops = THREADS * turns * OPERATIONS_PER_TURN;

  // Buffers that no cache holds.
  const bytes = Math.min(device.capabilities.software ? 2 ** 26 : 2 ** 28, device.capabilities.maxBindingSize);
  const [from, to] = [0, 1].map(() => device.gpu.createBuffer({ size: bytes, usage: 0x80 | 0x4 | 0x8 }));
  const copies = [
    dispatcher(device, { code: copyCode, buffers: [from, to], groups: bytes / 16 / VECTORS_PER_GROUP }),
    copier(device, from, to),
  ];

  const best = { peak: Number.POSITIVE_INFINITY, copy: Number.POSITIVE_INFINITY };
  for (let round = -1; round < rounds; round++) {
    const arithmetic = await timed(device, peak);
    const memory = [await timed(device, copies[0]), await timed(device, copies[1])];
    if (round < 0) continue; // drivers compile, and memory is first touched
    best.peak = Math.min(best.peak, arithmetic);
    best.copy = Math.min(best.copy, ...memory);
  }
  for (const buffer of [output, from, to]) buffer.destroy();
  return { gflops: flops / best.peak / 1e6, gbps: (2 * bytes) / best.copy / 1e6 };
}

/** The device's own copy. */
const copier =
  (device: Device, from: GPUBuffer, to: GPUBuffer): Submit =>
  (times) => {
    const encoder = device.gpu.createCommandEncoder();
    for (let i = 0; i < times; i++) encoder.copyBufferToBuffer(from, 0, to, 0, from.size);
    device.gpu.queue.submit([encoder.finish()]);
  };

/** Milliseconds of one dispatch or copy. */
async function timed(device: Device, submit: Submit): Promise<number> {
  const milliseconds = await stopwatch(async () => {
    submit(AT_ONCE);
    await device.idle();
  });
  return milliseconds / AT_ONCE;
}
