import { type CaseInput, caseValues, normal, type OpCase, values } from '../../engine/case.ts';
import { batchnormReference } from './batchnorm.reference.ts';
import { batchnorm } from './batchnorm.ts';

/** Mean and variance, which are not differentiated: the op has no gradients for them. */
const statistics = (channels: number): CaseInput[] => {
  const drawn = () => caseValues([normal([channels], { mean: 1 }), normal([channels])], 5);
  const mean = () => drawn()[0].data;
  const variance = () => drawn()[1].data.map((deviation) => Math.fround(deviation * deviation + 0.01));
  return [values([channels], mean, false), values([channels], variance, false)];
};

const batchnormCase = (shape: number[], epsilon = 1e-5): OpCase => {
  const channels = shape[shape.length - 1];
  return {
    name: `[${shape}], epsilon ${epsilon}`,
    inputs: [normal(shape), normal([channels]), normal([channels]), ...statistics(channels)],
    op: (x, weight, bias, mean, variance) => batchnorm(x, weight, bias, mean, variance, { epsilon }),
    reference: (x, ...rest) => batchnormReference(x, rest, epsilon),
    flops: 2 * shape.reduce((product, size) => product * size, 1),
  };
};

export const cases = [
  batchnormCase([1]),
  batchnormCase([17, 3], 0.5),
  batchnormCase([2, 3, 5, 6]),
  batchnormCase([301, 64]),
];

export const benchmarks = [batchnormCase([8, 112, 112, 32]), batchnormCase([8, 56, 56, 256])];
