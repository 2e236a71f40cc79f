import { autotune, type CompileOptions, compile, type Device, type Graph, type Program } from '@webcir/kernels';

/** Compiles as webcir does: in the variants that are the fastest on this device. */
export async function compileAutotuned<Names extends string>(
  device: Device,
  options: CompileOptions<Names>,
): Promise<Program<Names>> {
  await chooseFor(device, [options]);
  return compile(device, options);
}

/** Times the variants for what is about to be compiled, those aside that this device has been tuned for. */
export async function chooseFor(device: Device, graphs: readonly Graph<string>[]): Promise<void> {
  const { choices } = await autotune(device, graphs, { choices: device.capabilities.choices });
  device.choose(choices);
}
