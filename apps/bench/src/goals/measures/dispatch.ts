import { buildTextEncoder } from '../../build/encoders.ts';
import { buildStage1 } from '../../build/training.ts';
import { median } from '../../measure/stats.ts';
import type { Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

/**
 * The cost of writing one dispatch of a program into an encoder. The program is a text encoder's, with its gradients.
 */
export async function dispatchCost({ device }: Context): Promise<Measured> {
  const encoder = await buildTextEncoder(device, 'embedded', { batch: 128, backward: true });
  const program = encoder.program!;
  const dispatches = program.dispatches.length;
  const samples: number[] = [];
  for (let i = 0; i < 100; i++) {
    const commands = device.gpu.createCommandEncoder();
    const start = performance.now();
    program.encode(commands);
    samples.push(performance.now() - start);
  }
  await encoder.dispose();
  return { value: (1000 * median(samples)) / dispatches, detail: `${dispatches} dispatches` };
}

/** How often a training step, the reading of its loss included, submits to the queue. */
export async function submitsPerStep({ device }: Context): Promise<Measured> {
  const step = await buildStage1(device, 'embedded', { batch: 128 });
  await device.idle();
  const { queue } = device.gpu;
  const { submit } = queue;
  let submits = 0;
  queue.submit = (buffers) => {
    submits++;
    return submit.call(queue, buffers);
  };
  try {
    await step.losses(1);
  } finally {
    queue.submit = submit;
    await step.dispose();
  }
  return { value: submits };
}
