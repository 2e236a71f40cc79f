import type { Adam, Device, HostArray, Program } from '@webcir/kernels';
import { learningRateAt, type Schedule } from './schedule.ts';

/** How long and how fast a stage is trained. */
export interface Recipe {
  readonly epochs: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly schedule: Schedule;
  /** Steps of linear warm-up. */
  readonly warmup: number;
}

/** One finished training step. */
export interface StepReport {
  /** Counted from 1. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Not finite, in mixed precision, where the step overflowed and was skipped. */
  readonly loss: number;
  /** Loss scale of mixed precision after the step. */
  readonly lossScale?: number;
  readonly learningRate: number;
  /** Unknown before the second step: the first one compiles programs. */
  readonly stepsPerSecond?: number;
  readonly secondsLeft?: number;
}

/** A step that has been prepared. */
export interface PreparedStep {
  /**
   * Runs it.
   * @param adam the values of the input 'adam' (`Adam.hyper`)
   * @returns the loss, once the device has it
   */
  (adam: Float32Array): Promise<number>;
  /** The program that it replays, where it is one run of one: for profiles. */
  readonly program?: StepProgram;
}

/** A program compiled from `Adam.minimize`. */
export type StepProgram = Program<'loss' | 'overflow'>;

/** A step that is one run of a program, and so one submit. */
export function programStep(
  program: StepProgram,
  inputs: Readonly<Record<string, HostArray>>,
  { scaler }: Adam,
): PreparedStep {
  const step = async (adam: Float32Array) => {
    const result = await program.runAndRead({ ...inputs, adam }, scaler ? ['loss', 'overflow'] : ['loss']);
    scaler?.update(result.overflow[0] !== 0);
    return result.loss[0];
  };
  return Object.assign(step, { program });
}

export interface Training<Batch> {
  readonly device: Device;
  readonly adam: Adam;
  readonly recipe: Recipe;
  readonly stepsPerEpoch: number;
  /** The option that says the learning rate, for an error. */
  readonly rateOption: string;
  /** Epochs already done, where a run is resumed. */
  readonly firstEpoch?: number;
  /**
   * The batches of one epoch (from 0), `stepsPerEpoch` of them: the same for the same epoch, whenever it is asked for.
   */
  draw(epoch: number): readonly Batch[];
  /** Makes a batch ready, just before its step. */
  prepare(batch: Batch): Promise<PreparedStep>;
  onStep?(report: StepReport): void;
  /** Called after the last step of an epoch (from 1), with the device idle: validation and checkpoints go here. */
  onEpoch?(epoch: number): Promise<void>;
}

/** Thrown when a loss is not a number: the weights are lost, the last checkpoint is not. */
export class DivergedError extends Error {
  override name = 'DivergedError';
}

/**
 * Runs the steps of all epochs. The next batch is prepared while the device works on the last one.
 * @throws DivergedError when a loss is NaN or infinite
 */
export async function runTraining<Batch>(training: Training<Batch>): Promise<void> {
  const { device, adam, recipe, stepsPerEpoch, firstEpoch = 0 } = training;
  const steps = recipe.epochs * stepsPerEpoch;
  const speed = new Speed();
  for (let epoch = firstEpoch; epoch < recipe.epochs; epoch++) {
    let running: Promise<void> = Promise.resolve();
    for (const [index, batch] of training.draw(epoch).entries()) {
      const step = epoch * stepsPerEpoch + index;
      const learningRate = learningRateAt(step, steps, recipe.learningRate, recipe.schedule, recipe.warmup);
      const run = await training.prepare(batch);
      await running;
      const hyper = adam.hyper({ learningRate, weightDecay: recipe.weightDecay, step: step + 1 });
      running = run(hyper).then((loss) => {
        if (!Number.isFinite(loss) && !mayRecover(adam))
          throw new DivergedError(
            `the loss of step ${step + 1} is ${loss}: try a lower ${training.rateOption} than ${recipe.learningRate}`,
          );
        const stepsPerSecond = speed.tick();
        training.onStep?.({
          step: step + 1,
          steps,
          epoch: epoch + 1,
          loss,
          lossScale: adam.scaler?.scale,
          learningRate,
          ...(stepsPerSecond !== undefined && {
            stepsPerSecond,
            secondsLeft: (steps - step - 1) / stepsPerSecond,
          }),
        });
      });
      running.catch(() => {}); // awaited below or before the next step
    }
    await running;
    await device.idle();
    await training.onEpoch?.(epoch + 1);
    speed.pause();
  }
}

/**
 * Whether training can go on after an overflow: in mixed precision the step was skipped and the next one has a smaller
 * loss scale, which no longer helps below 1.
 */
const mayRecover = ({ scaler }: Adam): boolean => scaler !== undefined && scaler.scale >= 1;

/** Steps per second, averaged over the last steps; neither pauses count nor the first step, which compiles programs. */
class Speed {
  #last: number | undefined;
  #seconds: number | undefined;

  tick(): number | undefined {
    const now = performance.now();
    if (this.#last !== undefined) {
      const seconds = (now - this.#last) / 1000;
      this.#seconds = this.#seconds === undefined ? seconds : 0.9 * this.#seconds + 0.1 * seconds;
    }
    this.#last = now;
    return this.#seconds && 1 / this.#seconds;
  }

  pause(): void {
    if (this.#last !== undefined) this.#last = performance.now();
  }
}
