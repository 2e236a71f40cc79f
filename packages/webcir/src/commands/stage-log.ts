import type { StepReport } from '@webcir/train';
import { formatSeconds, ProgressLine } from '../progress.ts';
import type { RunFolder } from '../run-folder.ts';

export interface Recall {
  readonly recallAt10: number;
  readonly recallAt50: number;
}

/** CLIP4Cir picks the best epoch by this number. */
const score = ({ recallAt10, recallAt50 }: Recall): number => (recallAt10 + recallAt50) / 2;
const format = ({ recallAt10, recallAt50 }: Recall): string =>
  `validation R@10 ${recallAt10.toFixed(1)}  R@50 ${recallAt50.toFixed(1)}`;

/** Progress line and metrics.jsonl of one stage. */
export class StageLog {
  /** Epochs that an earlier, interrupted run of this folder has finished. */
  lastEpoch = 0;
  readonly #stage: string;
  readonly #folder: RunFolder;
  readonly #epochs: number;
  readonly #line: ProgressLine;
  #best: Recall | undefined;
  #recall = '';
  #loss = Number.NaN;
  #pending: object[] = [];

  constructor(stage: string, folder: RunFolder, epochs: number) {
    this.#stage = stage;
    this.#folder = folder;
    this.#epochs = epochs;
    this.#line = new ProgressLine(stage);
  }

  /** Takes up the epochs that metrics.jsonl already has. */
  async restore(): Promise<void> {
    for (const entry of await this.#folder.logged()) {
      if (entry.stage !== this.#stage || entry.type !== 'epoch') continue;
      this.lastEpoch = entry.epoch as number;
      if (entry.validation) this.isBest(entry.validation as Recall);
    }
  }

  step(report: StepReport): void {
    const { step, steps, epoch, loss, learningRate, stepsPerSecond, secondsLeft } = report;
    this.#pending.push({ type: 'step', stage: this.#stage, step, epoch, loss, learning_rate: learningRate });
    this.#loss = Number.isNaN(this.#loss) ? loss : 0.9 * this.#loss + 0.1 * loss;
    const speed = `${stepsPerSecond.toFixed(2)} steps/s  ${formatSeconds(secondsLeft)} left`;
    this.#line.update(
      step / steps,
      `epoch ${epoch}/${this.#epochs}  step ${step}/${steps}  loss ${this.#loss.toFixed(3)}  ${speed}  ${this.#recall}`,
    );
  }

  /** Whether this is the best validation so far; remembers it if so. */
  isBest(recall: Recall): boolean {
    if (this.#best && score(recall) <= score(this.#best)) return false;
    this.#best = recall;
    return true;
  }

  /** Writes the epoch's lines in one go: the log and the checkpoint then agree on what has been done. */
  async epoch(epoch: number, validation: Recall | undefined): Promise<void> {
    if (validation) this.#recall = format(validation);
    for (const entry of this.#pending.splice(0)) await this.#folder.log(entry);
    await this.#folder.log({ type: 'epoch', stage: this.#stage, epoch, ...(validation ? { validation } : {}) });
  }

  finish(): void {
    const result = this.#best ? `best ${format(this.#best)}` : this.#recall;
    this.#line.finish(`${this.#epochs} epochs  loss ${this.#loss.toFixed(3)}  ${result}`);
  }
}
