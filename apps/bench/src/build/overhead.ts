import { compile, type Device, input, scale, type Tensor } from '@webcir/kernels';
import { readScalar } from '../measure/rounds.ts';
import type { Built } from './built.ts';

/** A chain of dispatches that do nothing to speak of, in one submit. */
export async function buildDispatches(device: Device, dispatches: number): Promise<Built> {
  let y: Tensor = input('x', [4]);
  for (let i = 0; i < dispatches; i++) y = scale(y, 1 + i / dispatches);
  const program = await compile(device, { outputs: { y } });
  return {
    async run(times) {
      for (let i = 0; i < times; i++) program.run();
      await readScalar(device, program.region('y'));
    },
    program,
    dispose: () => program.dispose(),
  };
}

/** Submits of one such dispatch each. */
export async function buildSubmits(device: Device, submits: number): Promise<Built> {
  const { program, ...built } = await buildDispatches(device, 1);
  return { ...built, run: (times) => built.run(times * submits) };
}
