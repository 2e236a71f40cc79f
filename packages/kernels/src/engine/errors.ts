/** WebGPU rejected a command, a shader or an allocation. */
export class GpuError extends Error {
  override name = 'GpuError';
}

/** The device has too little memory left. */
export class OutOfMemoryError extends GpuError {
  override name = 'OutOfMemoryError';
}

/** The device is gone (driver reset, unplugged, destroyed). Open a new one and load the last checkpoint. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError';
}

/** No WebGPU adapter is available. The message names the remedy. */
export class NoAdapterError extends Error {
  override name = 'NoAdapterError';
}
