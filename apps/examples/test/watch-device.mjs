/**
 * Runs in a page before its scripts: counts its devices, and keeps what goes wrong on them, the buffers that have a
 * label, and the labels of those that are read. A function by itself, as it is sent there.
 */
export function watchDevices() {
  const watched = { devices: [], errors: [], buffers: new Map(), read: [] };
  globalThis.watched = watched;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given);
    watched.devices.push(device);
    device.addEventListener('uncapturederror', ({ error }) => watched.errors.push(error.message));
    device.lost.then(({ message }) => watched.errors.push(`lost: ${message}`));
    return device;
  };
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    if (descriptor.label) watched.buffers.set(descriptor.label, buffer);
    return buffer;
  };
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = function (...given) {
    watched.read.push(this.label);
    return mapAsync.apply(this, given);
  };
}

/** Runs in a page: the first values of a buffer with a label, u32. */
export async function readWords({ label, count }) {
  const { devices, buffers } = globalThis.watched;
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = devices[0].createBuffer({ size: 4 * count, usage, label: 'test' });
  const encoder = devices[0].createCommandEncoder();
  encoder.copyBufferToBuffer(buffers.get(label), 0, staging, 0, 4 * count);
  devices[0].queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const words = [...new Uint32Array(staging.getMappedRange())];
  staging.destroy();
  return words;
}
