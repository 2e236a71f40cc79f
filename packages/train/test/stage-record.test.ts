// Which models a run keeps: the best by each criterion of its validation.
import type { Adam } from '@webcir/kernels';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Criterion,
  keepBest,
  keptFiles,
  memoryStorage,
  type RunContext,
  type RunStorage,
  StageRecord,
} from '../src/index.ts';

/** CIRR's recalls, and what its criteria are. */
interface Scores {
  readonly first: number;
  readonly others: number;
}
const values = ({ first, others }: Scores) => [first, others, others];
const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const means: readonly Criterion<Scores>[] = [
  { name: 'arithmetic', of: (scores) => mean(values(scores)) },
  { name: 'harmonic', of: (scores) => 1 / mean(values(scores).map((value) => 1 / value)) },
  { name: 'geometric', of: (scores) => Math.exp(mean(values(scores).map(Math.log))) },
];
const names = (criteria: readonly Criterion<Scores>[]) => criteria.map(({ name }) => name);
const scores = (first: number, others: number): Scores => ({ first, others });

let storage: RunStorage;
beforeEach(() => {
  storage = memoryStorage();
});

const contextOf = (criteria: readonly Criterion<Scores>[]): RunContext<Scores> => ({
  storage,
  validation: { criteria, textFeatures: async () => new Map(), scores: async () => scores(0, 0) },
  options: { validationFrequency: 1, saveBest: true } as RunContext<Scores>['options'],
});

describe('StageRecord', () => {
  const logged = (epoch: number, validation?: Scores) =>
    storage.log([{ type: 'epoch', stage: 'stage 1', epoch, ...(validation && { validation }) }]);
  const checkpoint = (epoch: number) =>
    storage.write('checkpoints/stage1.safetensors', {
      tensors: new Map(),
      metadata: new Map([['epoch', String(epoch)]]),
    });
  const none = { entries: [] };
  const adam = { parameters: none, moments: { m: none, v: none } } as unknown as Adam;
  const report = (step: number, epoch: number) => ({ step, steps: 4, epoch, loss: 1 / step, learningRate: 1e-3 });

  it("keeps the best by CIRR's three means apart, also after a stop", async () => {
    const record = new StageRecord('stage 1', 4, contextOf(means));
    expect(names(record.improved(scores(40, 60)))).toEqual(['arithmetic', 'harmonic', 'geometric']);
    await logged(1, scores(40, 60));
    // A higher sum, but a lower smallest recall, which the other two means punish.
    expect(names(record.improved(scores(20, 71)))).toEqual(['arithmetic']);
    await logged(2, scores(20, 71));
    await logged(3);
    await checkpoint(3);

    const resumed = new StageRecord('stage 1', 4, contextOf(means));
    expect(await resumed.restore(adam)).toBe(3);
    expect(names(resumed.improved(scores(40, 60)))).toEqual([]);
    expect(names(resumed.improved(scores(43, 59)))).toEqual(['harmonic', 'geometric']);
  });

  it('logs each step when it is made, with the time, and an epoch before its checkpoint', async () => {
    const record = new StageRecord('stage 1', 2, contextOf([]));
    await storage.log([{ type: 'epoch', stage: 'stage 2', epoch: 9 }]);
    record.step(report(1, 1));
    await new Promise(setImmediate);
    expect(await storage.logged()).toMatchObject([{ epoch: 9 }, { type: 'step', step: 1 }]);
    record.step(report(2, 1));
    const write = vi.spyOn(storage, 'write').mockRejectedValue(new Error('no room for the checkpoint'));
    const end = { epoch: 1, adam, score: async () => scores(40, 60), save: async () => {} };
    await expect(record.epoch(end)).rejects.toThrow('no room');
    const lines = (await storage.logged()).slice(1);
    expect(lines).toMatchObject([{ step: 1 }, { step: 2 }, { type: 'epoch', epoch: 1, validation: scores(40, 60) }]);
    for (const { time, seconds } of lines) {
      expect(Math.abs(Date.parse(String(time)) - Date.now())).toBeLessThan(60_000);
      expect(seconds).toBeGreaterThanOrEqual(0);
    }
    write.mockRestore();

    // Without its checkpoint the epoch is made again, and what other stages logged stays.
    expect(await new StageRecord('stage 1', 2, contextOf([])).restore(adam)).toBe(0);
    expect(await storage.logged()).toEqual([{ type: 'epoch', stage: 'stage 2', epoch: 9 }]);
  });

  it('goes on with the seconds of the stopped run, and drops the steps after its checkpoint', async () => {
    await storage.log([
      { type: 'epoch', stage: 'stage 1', epoch: 1, seconds: 1000 },
      { type: 'step', stage: 'stage 1', epoch: 2, step: 3, seconds: 2000 },
    ]);
    await checkpoint(1);
    const record = new StageRecord('stage 1', 2, contextOf([]));
    expect(await record.restore(adam)).toBe(1);
    record.step(report(3, 2));
    await new Promise(setImmediate);
    const [, step, ...more] = await storage.logged();
    expect([step.step, more.length]).toEqual([3, 0]);
    expect(step.seconds).toBeGreaterThanOrEqual(1000);
    expect(step.seconds).toBeLessThan(1100);
  });

  it('tells at the end of the epoch that the log could not be written', async () => {
    const record = new StageRecord('stage 1', 2, contextOf([]));
    vi.spyOn(storage, 'log').mockRejectedValue(new Error('metrics.jsonl cannot be written'));
    record.step(report(1, 1));
    const end = { epoch: 1, adam, score: async () => scores(40, 60), save: async () => {} };
    await expect(record.epoch(end)).rejects.toThrow('metrics.jsonl cannot be written');
    expect(await storage.has('checkpoints/stage1.safetensors')).toBe(false);
  });

  it('keeps one model where there is one criterion', () => {
    const average: Criterion<Scores> = { name: 'average', of: ({ first, others }) => (first + others) / 2 };
    const record = new StageRecord('stage 1', 2, contextOf([average]));
    const improved = (at10: number, at50: number) => names(record.improved(scores(at10, at50)));
    expect(improved(30, 50)).toEqual(['average']);
    expect(improved(31, 49)).toEqual([]);
    expect(improved(29, 52)).toEqual(['average']);
  });
});

describe('kept models', () => {
  const [best, final] = ['checkpoints/best.safetensors', 'clip.safetensors'];
  const save = async (criteria: readonly Criterion<Scores>[], text: string) => {
    for (const file of keptFiles(best, means, criteria))
      await storage.write(file, { tensors: new Map(), metadata: new Map([['text', text]]) });
  };
  const kept = async (name: string) => (await storage.open(name)).metadata.get('text');

  it('get their final names, the run being the best by the first criterion', async () => {
    await save(means, 'epoch 1');
    await save([means[0]], 'epoch 2');
    await keepBest(storage, best, final, means);
    expect(await kept('clip.safetensors')).toBe('epoch 2');
    expect(await kept('clip-harmonic.safetensors')).toBe('epoch 1');
    expect(await kept('clip-geometric.safetensors')).toBe('epoch 1');
    expect(await storage.has(best)).toBe(false);
  });

  it('get them after an interruption, too', async () => {
    await save(means, 'epoch 1');
    // An earlier run may have been interrupted after it had renamed the last one.
    await storage.rename(keptFiles(best, means, [means[2]])[0], 'clip-geometric.safetensors');
    await keepBest(storage, best, final, means);
    expect(await kept('clip.safetensors')).toBe('epoch 1');
    expect(await kept('clip-harmonic.safetensors')).toBe('epoch 1');
    expect(await kept('clip-geometric.safetensors')).toBe('epoch 1');
  });
});
