import { openBenchDevice } from '../measure/bench-device.ts';
import type { Options } from '../options.ts';
import { profileProgram } from '../profile/profile-program.ts';
import { programs } from '../programs/index.ts';

/** Profiles one program. */
export async function runProfile(options: Options): Promise<void> {
  const program = programs.find(({ name }) => name === options.program);
  if (!program) {
    const known = programs.map(({ name }) => name).join(', ');
    throw new RangeError(`there is no program '${options.program}'; there are: ${known}`);
  }
  const device = await openBenchDevice();
  try {
    await profileProgram(device, program, options);
  } finally {
    device.close();
  }
}
