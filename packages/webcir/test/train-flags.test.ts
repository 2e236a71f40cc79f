import { describe, expect, it } from 'vitest';
import { fromClip4Cir, withoutKey } from '../src/commands/train/clip4cir.ts';
import type { GivenOptions } from '../src/commands/train/options.ts';
import { presetFor, presetHelp } from '../src/commands/train/presets.ts';

describe("CLIP4Cir's options", () => {
  const read = (given: Readonly<Record<string, unknown>>) => {
    const options = { dataset: 'cirr', stages: 'both', memoryBudget: 16, ...given } as unknown as GivenOptions;
    return fromClip4Cir(options, new Set(Object.keys(given)), (key) => `<${key}>`);
  };

  it('count for stage 2 where that alone is trained, as in combiner_train.py', () => {
    const { options, notes } = read({ stages: '2', numEpochs: 300, batchSize: 4096, learningRate: 2e-5 });
    expect(options).toEqual({
      dataset: 'cirr',
      stages: '2',
      memoryBudget: 16,
      combinerEpochs: 300,
      combinerBatchSize: 4096,
      combinerLr: 2e-5,
    });
    expect(notes).toEqual([
      '<numEpochs> is taken for stage 2, as <combinerEpochs>.',
      '<batchSize> is taken for stage 2, as <combinerBatchSize>.',
      '<learningRate> is taken for stage 2, as <combinerLr>.',
    ]);
  });

  it('are told where they are of a stage that is not trained', () => {
    const second = read({ stages: '2', numEpochs: 9, combinerEpochs: 300, encoder: 'both' });
    expect(second.options.combinerEpochs).toBe(300);
    expect(second.notes).toEqual(['Without effect, as stage 1 is not trained: <encoder>, <numEpochs>.']);
    const first = read({ stages: '1', combinerLr: 1e-4, dropout: 0.1, numEpochs: 3 });
    expect(first.options.numEpochs).toBe(3);
    expect(first.notes).toEqual(['Without effect, as stage 2 is not trained: <combinerLr>, <dropout>.']);
    expect(read({ numEpochs: 3, combinerLr: 1e-4 }).notes).toEqual([]);
  });

  it('that mean nothing here are told and left out', () => {
    const given = { saveTraining: true, clipBs: '32', apiKey: 'key', workspace: 'me', experimentName: 'one' };
    const { options, notes } = read(given);
    expect(options).toEqual({ dataset: 'cirr', stages: 'both', memoryBudget: 16 });
    expect(notes.map((note) => note.split(':')[0].split(';')[0])).toEqual([
      '<saveTraining> has no effect',
      '<clipBs> has no effect',
      '<apiKey> has no effect',
      '<workspace> has no effect',
      '<experimentName> has no effect',
    ]);
    expect(notes.at(-1)).toContain('--name names the run folder');
  });

  it('keep a login out of reports', () => {
    expect(withoutKey('webcir train --api-key abc --name x')).toBe('webcir train --api-key … --name x');
    expect(withoutKey('webcir train --api-key=abc')).toBe('webcir train --api-key=…');
  });
});

describe('the defaults', () => {
  it('are those of the README, and have batches no larger than the data, which micro-batches divide', () => {
    const batches = (examples: number) => {
      const { batchSize, combinerBatchSize } = presetFor('cirr', examples);
      return [batchSize, combinerBatchSize];
    };
    expect(batches(28_225)).toEqual([128, 4096]);
    expect(batches(4096)).toEqual([128, 4096]);
    expect(batches(4095)).toEqual([128, 2048]);
    expect(batches(40)).toEqual([32, 32]);
    expect(batches(3)).toEqual([2, 2]);
    expect(batches(1)).toEqual([2, 2]); // which is refused
    expect(presetHelp('combinerEpochs')).toBe('(default: 8 on fmnist-cir, 20 on emoji-cir, else 300)');
    expect(presetHelp('learningRate')).toBe('(default: 0.001 on an embedded set, else 0.000002)');
    expect(presetHelp('recipe')).toBe('(default: webcir on an embedded set, else clip4cir)');
    for (const name of ['fmnist-cir', 'emoji-cir'] as const) {
      expect(presetFor(name, 30_000)).toMatchObject({ batchSize: 128, combinerBatchSize: 256 });
    }
  });

  it("are the paper's recipe, but on the embedded sets, where another did better", () => {
    const dropouts = (dataset: 'cirr' | 'fashioniq' | 'fmnist-cir' | 'emoji-cir') =>
      [undefined, 'clip4cir' as const, 'webcir' as const].map((recipe) => presetFor(dataset, 1000, recipe).dropout);
    expect(dropouts('cirr')).toEqual([0.5, 0.5, 0]);
    expect(dropouts('fashioniq')).toEqual([0.5, 0.5, 0]);
    expect(dropouts('fmnist-cir')).toEqual([0, 0.5, 0]);
    expect(dropouts('emoji-cir')).toEqual([0, 0.5, 0]);
  });
});
