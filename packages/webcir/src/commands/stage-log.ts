import type { Criterion, Protocol, Scores } from '@webcir/eval';
import type { StepReport } from '@webcir/train';
import { formatSeconds, ProgressLine } from '../progress.ts';
import type { RunFolder } from '../run-folder.ts';

/** Progress line and metrics.jsonl of one stage. */
export class StageLog {
  /** Epochs that an earlier, interrupted run of this folder has finished. */
  lastEpoch = 0;
  readonly #stage: string;
  readonly #folder: RunFolder;
  readonly #epochs: number;
  readonly #protocol: Protocol;
  readonly #line: ProgressLine;
  readonly #best = new Map<Criterion, Scores>();
  #validation = '';
  #loss = Number.NaN;
  #pending: object[] = [];

  constructor(stage: string, folder: RunFolder, epochs: number, protocol: Protocol) {
    this.#stage = stage;
    this.#folder = folder;
    this.#epochs = epochs;
    this.#protocol = protocol;
    this.#line = new ProgressLine(stage);
  }

  /** Takes up the epochs that metrics.jsonl already has. */
  async restore(): Promise<void> {
    for (const entry of await this.#folder.logged()) {
      if (entry.stage !== this.#stage || entry.type !== 'epoch') continue;
      this.lastEpoch = entry.epoch as number;
      if (entry.validation) this.improved(entry.validation as Scores);
    }
  }

  step(report: StepReport): void {
    const { step, steps, epoch, loss, lossScale, learningRate, stepsPerSecond, secondsLeft } = report;
    const scale = lossScale === undefined ? {} : { loss_scale: lossScale };
    this.#pending.push({ type: 'step', stage: this.#stage, step, epoch, loss, learning_rate: learningRate, ...scale });
    if (Number.isFinite(loss)) this.#loss = Number.isNaN(this.#loss) ? loss : 0.9 * this.#loss + 0.1 * loss;
    const speed = `${stepsPerSecond.toFixed(2)} steps/s  ${formatSeconds(secondsLeft)} left`;
    this.#line.update(
      step / steps,
      `epoch ${epoch}/${this.#epochs}  step ${step}/${steps}  loss ${this.#loss.toFixed(3)}  ${speed}  ${this.#validation}`,
    );
  }

  /** The criteria by which this is the best validation so far; remembers it for those. */
  improved(scores: Scores): Criterion[] {
    const improved = this.#protocol.criteria.filter((criterion) => {
      const best = this.#best.get(criterion);
      return !best || criterion.of(scores) > criterion.of(best);
    });
    for (const criterion of improved) this.#best.set(criterion, scores);
    return improved;
  }

  /** Writes the epoch's lines in one go: the log and the checkpoint then agree on what has been done. */
  async epoch(epoch: number, validation: Scores | undefined): Promise<void> {
    if (validation) this.#validation = this.#format(validation);
    for (const entry of this.#pending.splice(0)) await this.#folder.log(entry);
    await this.#folder.log({ type: 'epoch', stage: this.#stage, epoch, ...(validation ? { validation } : {}) });
  }

  finish(): void {
    const best = this.#best.get(this.#protocol.criteria[0]);
    const result = best ? `best ${this.#format(best)}` : this.#validation;
    this.#line.finish(`${this.#epochs} epochs  loss ${this.#loss.toFixed(3)}  ${result}`);
  }

  #format(scores: Scores): string {
    const shown = this.#protocol.metrics.filter(({ key }) => this.#protocol.headline.includes(key));
    return `validation ${shown.map(({ key, label }) => `${label} ${scores[key].toFixed(1)}`).join('  ')}`;
  }
}
