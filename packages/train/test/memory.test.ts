// What the real models take on GPUs of two kinds, planned without one.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { inferConfig, weightsOf } from '@webcir/clip';
import { type Capabilities, StoreLayout } from '@webcir/kernels';
import { imageBatchFor, textBatchFor } from '@webcir/retrieval';
import { describe, expect, it } from 'vitest';
import { chooseMicroBatch, type Stage1Plan, stage1Memory } from '../src/index.ts';

const file = readFileSync(new URL('../../clip/test/fixtures/state-shapes.json.gz', import.meta.url));
const models: Record<string, Record<string, number[]>> = JSON.parse(gunzipSync(file).toString());
const shapesOf = (model: string) => new Map(Object.entries(models[model]));

/** The entries of a model, as `entriesOf` gives them. */
const entriesOf = (model: string) =>
  [...shapesOf(model)].map(([name, shape]) => ({
    name,
    shape: shape.length > 0 ? shape : [1],
    byRows: name === 'token_embedding.weight',
  }));

const gpu = (maxBindingSize: number): Capabilities => ({
  features: new Set(['subgroups']),
  subgroupSize: 32,
  largestSubgroup: 32,
  subgroupMatrices: [],
  vendor: '',
  software: false,
  maxBindingSize,
  maxWorkgroupInvocations: 1024,
  maxWorkgroupMemory: 32768,
});
const large = gpu(2 ** 32 - 4);
const small = gpu(2 ** 27);

const plan = (model: string, rest: Partial<Stage1Plan>): Stage1Plan => ({
  config: inferConfig(shapesOf(model), { activation: 'quickgelu' }),
  entries: entriesOf(model),
  encoder: 'both',
  images: 'pixels',
  batch: 128,
  trim: true,
  recompute: false,
  mixed: false,
  capabilities: small,
  ...rest,
});
const budget = 16e9;

describe('stage 1 with both encoders of RN50x4 and a batch of 128', () => {
  for (const [kind, capabilities] of [
    ['128 MiB', small],
    ['4 GiB', large],
  ] as const) {
    it(`fits in 16 GB on a GPU that binds ${kind}`, () => {
      const sizes = plan('RN50x4', { capabilities });
      const microBatch = chooseMicroBatch(sizes, budget);
      const { total, largest } = stage1Memory(sizes, microBatch);
      expect(total).toBeLessThan(budget);
      expect(largest).toBeLessThanOrEqual(capabilities.maxBindingSize);
      expect(microBatch).toBe(kind === '128 MiB' ? 16 : 32);
    });
  }

  it('fits in 6 GB with activations computed again', () => {
    const sizes = plan('RN50x4', { recompute: true });
    expect(chooseMicroBatch(sizes, 6e9)).toBe(16);
    expect(stage1Memory(sizes, 16).total).toBeLessThan(4.8e9);
    expect(stage1Memory({ ...sizes, recompute: false }, 16).total).toBeLessThan(7.8e9);
  });

  it('says what it would take where the budget is too small', () => {
    expect(() => chooseMicroBatch(plan('RN50x4', {}), 3e9)).toThrow(
      /^stage 1 needs 3\.\d\d GB .* the budget is 3\.00 GB/,
    );
  });
});

describe('stage 1', () => {
  it('takes the whole batch at once where that fits', () => {
    expect(chooseMicroBatch(plan('RN50x4', { encoder: 'text', images: 'features' }), budget)).toBe(128);
  });

  it('fits ViT-L/14, whose token table is larger than 128 MiB', () => {
    expect(chooseMicroBatch(plan('ViT-L-14', {}), budget)).toBe(16);
  });

  it('has micro-batches that divide the batch', () => {
    const sizes = plan('RN50x4', { batch: 100 });
    expect(chooseMicroBatch(sizes, budget)).toBe(20);
  });
});

describe('encoding', () => {
  const weights = (model: string, { maxBindingSize }: Capabilities) =>
    weightsOf(StoreLayout.plan(entriesOf(model), maxBindingSize));
  const sizesOf = (max: number, model: string, capabilities: Capabilities) => {
    const config = inferConfig(shapesOf(model), { activation: 'quickgelu' });
    return [imageBatchFor, textBatchFor].map((batchFor) =>
      batchFor(config, weights(model, capabilities), capabilities, max),
    );
  };

  it('takes as many images and texts at once as the device can bind, and no more than keep it busy', () => {
    expect(sizesOf(128, 'RN50x4', small)).toEqual([16, 128]);
    expect(sizesOf(128, 'RN50x4', large)).toEqual([32, 128]);
    expect(sizesOf(256, 'ViT-L-14', small)).toEqual([16, 128]);
    expect(sizesOf(100, 'ViT-B-32', small)).toEqual([100, 100]);
    expect(sizesOf(1, 'RN50x16', small)).toEqual([1, 1]);
  });
});
