import { type CaseInput, index, normal, type OpCase, values } from '../../engine/case.ts';
import { constant } from '../../graph.ts';
import { softmaxCrossEntropyReference } from './softmax-cross-entropy.reference.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';

const entropyCase = (rows: number, classes: number, scale = 1): OpCase => ({
  name: `[${rows}, ${classes}] of scale ${scale}`,
  inputs: [normal([rows, classes], { scale }), index([rows], classes)],
  op: (logits, labels) => softmaxCrossEntropy(logits, labels),
  reference: softmaxCrossEntropyReference,
  flops: 5 * rows * classes,
});

const givenLabels = (name: string, logits: CaseInput, labels: readonly number[]): OpCase => ({
  name,
  inputs: [logits],
  op: (x) => softmaxCrossEntropy(x, constant(Uint32Array.from(labels), [labels.length])),
  reference: (x) => softmaxCrossEntropyReference(x, { shape: [labels.length], data: Float64Array.from(labels) }),
});

export const cases = [
  entropyCase(1, 2),
  entropyCase(5, 7),
  entropyCase(3, 65, 5),
  entropyCase(33, 130, 100),
  entropyCase(2, 1037),
  entropyCase(130, 261, 5), // rows enough to share a workgroup's threads, and longer than one step of theirs
  givenLabels('labels in the first and the last column', normal([4, 67]), [0, 66, 66, 0]),
  givenLabels(
    'a logit of 10000, right, beside a near one, and wrong',
    values([3, 5], [1, 2, 10000, 3, 4, 9998, 10000, 0, 0, -10000, 1, 10000, 2, 10000, 3]),
    [2, 0, 4],
  ),
  givenLabels('a near tie at 10000', values([2, 2], [10000, 10001, -10000, -10001.5]), [0, 1]),
];

export const benchmarks = [
  entropyCase(19712, 77),
  entropyCase(128, 128, 10),
  entropyCase(128, 18000, 10),
  entropyCase(1024, 1024, 10),
];
