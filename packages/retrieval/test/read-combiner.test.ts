import { hostTensor, storeTensors, type WeightTensor } from '@webcir/clip';
import { combinerEntries, initialCombiner } from '@webcir/combiner';
import { uniform } from '@webcir/kernels/cases';
import { describe, expect, test } from 'vitest';
import { readCombinerModel } from '../src/index.ts';

const sizes = { featureDim: 6, projectionDim: 8, hiddenDim: 10 };
const weights = initialCombiner(sizes, uniform(1));
const shapes = new Map(combinerEntries(sizes).map(({ name, shape }) => [name, shape]));
const plain = storeTensors(
  new Map([...weights].map(([name, values]) => [name, hostTensor(shapes.get(name)!, values)])),
  'F32',
);
const prefixed = (prefix: string): Map<string, WeightTensor> =>
  new Map([...plain].map(([name, tensor]) => [prefix + name, tensor]));

describe('readCombinerModel', () => {
  test.each(['', 'module.', '_orig_mod.', 'combiner.', 'model.combiner.', 'module._orig_mod.'])(
    'reads weights that are wrapped as "%s"',
    async (prefix) => {
      const { config, tensors } = readCombinerModel({ tensors: prefixed(prefix) });
      expect(config).toEqual(sizes);
      expect([...tensors.keys()]).toEqual([...shapes.keys()]);
      expect(await tensors.get('output_layer.bias')!.read()).toEqual(weights.get('output_layer.bias'));
    },
  );

  test('takes a single value without an axis', () => {
    const tensors = new Map([
      ...plain,
      ['dynamic_scalar.3.bias', { ...plain.get('dynamic_scalar.3.bias')!, shape: [] }],
    ]);
    expect(readCombinerModel({ tensors }).tensors.get('dynamic_scalar.3.bias')!.shape).toEqual([1]);
  });

  test('says when the files are swapped, or shows what the file holds', () => {
    const weight = plain.get('output_layer.bias')!;
    for (const name of ['token_embedding.weight', 'module.text_model.embeddings.token_embedding.weight']) {
      const clip = new Map([
        [name, weight],
        ['logit_scale', weight],
      ]);
      expect(() => readCombinerModel({ tensors: clip })).toThrow(
        'expected a Combiner, found a CLIP: are the two files swapped?',
      );
    }
    const others = new Map(['a.weight', 'b.weight', 'c', 'd'].map((name) => [name, weight]));
    expect(() => readCombinerModel({ tensors: others })).toThrow(
      'expected a tensor combiner_layer.weight, found none among 4: a.weight, b.weight, c, …. ' +
        'Is it a Combiner, and all of it?',
    );
  });
});
