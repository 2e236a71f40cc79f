import { type Device, enableAutotune, openDevice } from '@webcir/kernels';

/** Opens the device on which programs are measured as webcir runs them: in the variants that are the fastest there. */
export async function openBenchDevice(budget = 20_000): Promise<Device> {
  const device = await openDevice();
  enableAutotune(device, { budget });
  return device;
}
