import type { Device } from './device.ts';
import { BufferUsage, MapMode } from './flags.ts';

/**
 * Submits an encoder whose passes write all timestamps of a query set, and resolves with them, in nanoseconds. The
 * query set is destroyed.
 */
export async function submitTimed(
  device: Device,
  encoder: GPUCommandEncoder,
  querySet: GPUQuerySet,
): Promise<BigUint64Array> {
  const { count } = querySet;
  const resolved = device.gpu.createBuffer({
    size: 8 * count,
    usage: BufferUsage.QUERY_RESOLVE | BufferUsage.COPY_SRC,
  });
  const staging = device.gpu.createBuffer({ size: 8 * count, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, 8 * count);
  device.gpu.queue.submit([encoder.finish()]);
  await device.wait(staging.mapAsync(MapMode.READ) as Promise<undefined>);
  const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
  for (const resource of [querySet, resolved, staging]) resource.destroy();
  return stamps;
}
