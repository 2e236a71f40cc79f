import type { Adam } from '@webcir/kernels';
import { loadCheckpoint, saveCheckpoint } from '../checkpoint.ts';
import type { StepReport } from '../loop.ts';
import type { RunEvent, StageName } from './events.ts';
import { keepBest, keptFiles } from './kept-models.ts';
import type { RunOptions } from './options.ts';
import type { RunStorage } from './storage.ts';
import type { Criterion, Validation } from './validation.ts';

/** The parts of a run that both stages share. */
export interface RunContext<Scores> {
  readonly storage: RunStorage;
  readonly validation: Validation<Scores>;
  readonly options: RunOptions;
  onEvent?(event: RunEvent<Scores>): void;
}

/** What a stage knows at the end of an epoch. */
export interface EpochEnd<Scores> {
  readonly epoch: number;
  readonly adam: Adam;
  score(): Promise<Scores>;
  /** Writes the model as it is now. */
  save(file: string): Promise<void>;
}

/** The files of each stage. */
const files = {
  'stage 1': { checkpoint: 'checkpoints/stage1', best: 'checkpoints/stage1-best', model: 'clip' },
  'stage 2': { checkpoint: 'checkpoints/stage2', best: 'checkpoints/stage2-best', model: 'combiner' },
} as const;

/** The file that a stage ends with: the model of the epoch that did best in validation. */
export const modelFile = (stage: StageName): string => `${files[stage].model}.safetensors`;

/** The log, the checkpoint and the best models of one stage: what a stopped run goes on from. */
export class StageRecord<Scores> {
  readonly #stage: StageName;
  readonly #epochs: number;
  readonly #context: RunContext<Scores>;
  readonly #best = new Map<Criterion<Scores>, Scores>();
  readonly #pending: object[] = [];
  #written: Promise<void> = Promise.resolve();
  readonly #started = performance.now();
  /** Seconds that the stage took before it was stopped and resumed. */
  #secondsBefore = 0;

  constructor(stage: StageName, epochs: number, context: RunContext<Scores>) {
    this.#stage = stage;
    this.#epochs = epochs;
    this.#context = context;
  }

  /**
   * Restores what an earlier, interrupted run has done: the optimizer's state, and which epochs were the best. The log
   * loses what the checkpoint does not know: those steps are made again.
   * @returns how many epochs are done
   */
  async restore(adam: Adam): Promise<number> {
    const { storage } = this.#context;
    const checkpoint = `${files[this.#stage].checkpoint}.safetensors`;
    const done = (await storage.has(checkpoint))
      ? Number((await loadCheckpoint(storage, checkpoint, adam)).get('epoch'))
      : 0;
    const isKept = ({ stage, epoch }: Record<string, unknown>) => stage !== this.#stage || Number(epoch) <= done;
    const kept = (await storage.logged()).filter(isKept);
    await storage.relog(kept);
    for (const { stage, type, validation, seconds } of kept) {
      if (stage !== this.#stage) continue;
      if (type === 'epoch' && validation) this.improved(validation as Scores);
      this.#secondsBefore = Number(seconds ?? 0); // runs of older versions do not say it
    }
    return done;
  }

  step(report: StepReport): void {
    const { step, epoch, loss, lossScale, learningRate } = report;
    const scale = lossScale === undefined ? {} : { loss_scale: lossScale };
    this.#log('step', { step, epoch, loss, learning_rate: learningRate, ...scale });
    this.#context.onEvent?.({ type: 'step', stage: this.#stage, ...report });
  }

  /** The criteria by which this is the best validation so far; remembers it for those. */
  improved(scores: Scores): Criterion<Scores>[] {
    const improved = this.#context.validation.criteria.filter((criterion) => {
      const best = this.#best.get(criterion);
      return best === undefined || criterion.of(scores) > criterion.of(best);
    });
    for (const criterion of improved) this.#best.set(criterion, scores);
    return improved;
  }

  /** Validates, and saves the best models and the checkpoint, where due; a run killed after a checkpoint loses nothing. */
  async epoch({ epoch, adam, score, save }: EpochEnd<Scores>): Promise<void> {
    const { storage, validation, options, onEvent } = this.#context;
    const { checkpoint, best, model } = files[this.#stage];
    const isDue = epoch % options.validationFrequency === 0 || epoch === this.#epochs;
    const scores = isDue ? await score() : undefined;
    if (scores !== undefined) {
      const kept = keptFiles(`${best}.safetensors`, validation.criteria, this.improved(scores));
      if (!options.saveBest) kept.push(`checkpoints/${model}-epoch-${epoch}.safetensors`);
      for (const file of kept) await save(file);
    }
    this.#log('epoch', { epoch, ...(scores !== undefined && { validation: scores }) });
    // The log comes first: of a run that is killed here, `restore` drops the epoch and it is made again.
    await this.#written;
    if (epoch % (options.checkpointFrequency ?? 1) === 0)
      await saveCheckpoint(storage, `${checkpoint}.safetensors`, adam, { epoch: String(epoch) });
    onEvent?.({ type: 'epoch', stage: this.#stage, epoch, ...(scores !== undefined && { scores }) });
  }

  /** Writes an entry as soon as those before it are written, so that a killed run keeps what it has done. */
  #log(type: 'step' | 'epoch', entry: object): void {
    const seconds = this.#secondsBefore + (performance.now() - this.#started) / 1000;
    const times = { time: new Date().toISOString(), seconds: Number(seconds.toFixed(3)) };
    this.#pending.push({ type, stage: this.#stage, ...entry, ...times });
    this.#written = this.#written.then(() => this.#flush());
    this.#written.catch(() => {}); // the end of the epoch gets the error
  }

  async #flush(): Promise<void> {
    const entries = this.#pending.splice(0);
    if (entries.length > 0) await this.#context.storage.log(entries);
  }

  /** Gives the best models their final names. */
  async end(): Promise<void> {
    const { storage, validation, onEvent } = this.#context;
    await keepBest(storage, `${files[this.#stage].best}.safetensors`, modelFile(this.#stage), validation.criteria);
    const best = this.#best.get(validation.criteria[0]);
    onEvent?.({ type: 'end', stage: this.#stage, ...(best !== undefined && { best }) });
  }
}
