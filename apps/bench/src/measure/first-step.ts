import { execFile } from 'node:child_process';
import { buildStage1 } from '../build/training.ts';
import { openBenchDevice } from './bench-device.ts';

/** Milliseconds from the start of a process. */
export interface FirstStep {
  /** Time until there is a device. */
  readonly device: number;
  /** Time until there is a program, its weights uploaded and its pipelines made. */
  readonly program: number;
  /** Time until the first step of stage 1 is done: drivers may compile shaders only when they first run. */
  readonly step: number;
}

/** What `--first-step` does: the first step of stage 1 of the embedded model in this process, as one line of JSON. */
export async function reportFirstStep(): Promise<void> {
  const device = await openBenchDevice(1250);
  const opened = performance.now();
  const step = await buildStage1(device, 'embedded', { batch: 128 });
  const built = performance.now();
  await step.run(1);
  const times: FirstStep = { device: opened, program: built, step: performance.now() };
  await step.dispose();
  device.close();
  console.log(JSON.stringify(times));
}

/** Runs `--first-step` in a process of its own, with or without the driver's cache of compiled shaders. */
export function firstStep(cache: 'cold' | 'warm'): Promise<FirstStep> {
  // The variables that Mesa and NVIDIA's driver read.
  const env = cache === 'cold' ? { MESA_SHADER_CACHE_DISABLE: 'true', __GL_SHADER_DISK_CACHE: '0' } : {};
  return new Promise((resolve, reject) => {
    const args = [process.argv[1], '--first-step'];
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`bench --first-step failed: ${stderr.trim().slice(-400)}`, { cause: error }));
      else resolve(JSON.parse(stdout));
    });
  });
}
