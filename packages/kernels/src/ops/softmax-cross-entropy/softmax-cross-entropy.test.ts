import { expect, it } from 'vitest';
import { openDevice } from '../../engine/device.ts';
import { compile } from '../../engine/program.ts';
import { constant } from '../../graph.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';

it('the loss of a label that is no class is NaN', async () => {
  const device = await openDevice();
  const losses = softmaxCrossEntropy(constant(new Float32Array(6), [2, 3]), constant(new Uint32Array([3, 1]), [2]));
  const program = await compile(device, { outputs: { losses } });
  const results = await program.runAndRead({}, ['losses']);
  expect(results.losses[0]).toBeNaN();
  expect(results.losses[1]).toBeCloseTo(Math.log(3), 5);
  program.dispose();
  device.close();
});
