// Which models a run keeps: the best by each criterion of its protocol.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Criterion, protocolNamed, type Scores } from '@webcir/eval';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepBest, keptFiles } from '../src/commands/kept-models.ts';
import { StageLog } from '../src/commands/stage-log.ts';
import { RunFolder } from '../src/run-folder.ts';

const [cirr, fashionIq] = ['cirr', 'fashioniq-original'].map((name) => protocolNamed(name)!);
const names = (criteria: readonly Criterion[]) => criteria.map(({ name }) => name);

let parent: string;
let folder: RunFolder;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'webcir-log-'));
  folder = await RunFolder.create(join(parent, 'run'), {});
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('StageLog', () => {
  /** CIRR's scores, all alike but for R@1. */
  const scores = (recallAt1: number, others: number): Scores => ({
    ...Object.fromEntries(cirr.metrics.map(({ key }) => [key, others])),
    recall_at1: recallAt1,
  });

  it("keeps the best by CIRR's three means apart, also after a stop", async () => {
    const log = new StageLog('stage 1', folder, 4, cirr);
    expect(names(log.improved(scores(40, 60)))).toEqual(['arithmetic', 'harmonic', 'geometric']);
    await log.epoch(1, scores(40, 60));
    // A higher sum, but a lower smallest recall, which the other two means punish.
    expect(names(log.improved(scores(20, 64)))).toEqual(['arithmetic']);
    await log.epoch(2, scores(20, 64));
    await log.epoch(3, undefined);

    const resumed = new StageLog('stage 1', folder, 4, cirr);
    await resumed.restore();
    expect(resumed.lastEpoch).toBe(3);
    expect(names(resumed.improved(scores(40, 60)))).toEqual([]);
    expect(names(resumed.improved(scores(43, 60)))).toEqual(['harmonic', 'geometric']);
  });

  it('keeps one model for FashionIQ, by the average of its recalls', () => {
    const log = new StageLog('stage 1', folder, 2, fashionIq);
    const improved = (at10: number, at50: number) => names(log.improved({ recall_at10: at10, recall_at50: at50 }));
    expect(improved(30, 50)).toEqual(['average']);
    expect(improved(31, 49)).toEqual([]);
    expect(improved(29, 52)).toEqual(['average']);
  });
});

describe('kept models', () => {
  const [best, final] = ['checkpoints/best.safetensors', 'clip.safetensors'];
  const save = async (criteria: readonly Criterion[], text: string) => {
    for (const path of keptFiles(folder, best, cirr, criteria)) await writeFile(path, text);
  };
  const kept = (name: string) => readFile(folder.file(name), 'utf8');

  it('get their final names, the run being the best by the first criterion', async () => {
    await save(cirr.criteria, 'epoch 1');
    await save([cirr.criteria[0]], 'epoch 2');
    await keepBest(folder, best, final, cirr);
    expect(await kept('clip.safetensors')).toBe('epoch 2');
    expect(await kept('clip-harmonic.safetensors')).toBe('epoch 1');
    expect(await kept('clip-geometric.safetensors')).toBe('epoch 1');
    expect(folder.has(best)).toBe(false);
  });

  it('get them after an interruption, too', async () => {
    await save(cirr.criteria, 'epoch 1');
    await rm(keptFiles(folder, best, cirr, [cirr.criteria[2]])[0]); // as if renamed before
    await keepBest(folder, best, final, cirr);
    expect(await kept('clip.safetensors')).toBe('epoch 1');
    expect(await kept('clip-harmonic.safetensors')).toBe('epoch 1');
  });
});
