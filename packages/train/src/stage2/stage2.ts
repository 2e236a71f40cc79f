import { type CombinerConfig, combine, combinerDropout, combinerEntries, mixedPrecision } from '@webcir/combiner';
import { Adam, compile, type Device, type HostArray, input, type Tensor, TensorStore } from '@webcir/kernels';
import { type PreparedStep, programStep, type StepProgram } from '../loop.ts';
import { inBatch, type Negatives } from '../negatives/negatives.ts';

/** The features of a batch, [batch, featureDim] each, as CLIP gives them. */
export interface FeatureBatch {
  readonly reference: Float32Array;
  readonly text: Float32Array;
  readonly target: Float32Array;
}

export interface Stage2Settings {
  readonly batch: number;
  readonly dropout: number;
  /** Matrices in half precision, with master weights and loss scaling. */
  readonly mixed?: boolean;
  /** Those of the batch unless given. */
  readonly negatives?: Negatives;
}

/** Stage 2 of CLIP4Cir (combiner_train.py): the Combiner is trained on features of the frozen, tuned CLIP. */
export class Stage2 {
  readonly combiner: TensorStore;
  readonly adam: Adam;
  readonly #program: StepProgram;
  readonly #readsTargets: boolean;

  private constructor(combiner: TensorStore, adam: Adam, program: StepProgram, readsTargets: boolean) {
    this.combiner = combiner;
    this.adam = adam;
    this.#program = program;
    this.#readsTargets = readsTargets;
  }

  /** @param weights initial values by name (`initialCombiner`, or a checkpoint's) */
  static async create(
    device: Device,
    config: CombinerConfig,
    weights: ReadonlyMap<string, Float32Array>,
    settings: Stage2Settings,
  ): Promise<Stage2> {
    const combiner = TensorStore.create(device, combinerEntries(config), 'combiner');
    for (const [name, values] of weights) combiner.write(name, values);
    const adam = new Adam(combiner, { lossScaling: settings.mixed });
    const loss = combinerLoss(config, (name) => combiner.tensor(name), settings);
    const readsTargets = settings.negatives?.readsTargets ?? true;
    return new Stage2(combiner, adam, await compile(device, adam.minimize(loss)), readsTargets);
  }

  /**
   * Prepares one step.
   * @param seed seed of the dropouts, a different one for every step
   * @param more what the negatives take (`Negatives.inputs`)
   */
  prepare(
    { reference, text, target }: FeatureBatch,
    seed?: readonly [number, number],
    more: Readonly<Record<string, HostArray>> = {},
  ): PreparedStep {
    const inputs = {
      reference,
      text,
      ...(this.#readsTargets && { target }),
      ...(seed && { seed: Uint32Array.from(seed) }),
      ...more,
    };
    return programStep(this.#program, inputs, this.adam);
  }

  dispose(): void {
    this.#program.dispose();
    this.adam.dispose();
    this.combiner.dispose();
  }
}

/**
 * The loss of a batch. Inputs: 'reference', 'text' and 'target' [batch, featureDim]; 'seed' [2] of the dropouts, where
 * there are any; what the negatives take.
 */
function combinerLoss(
  { featureDim }: CombinerConfig,
  weights: (name: string) => Tensor,
  { batch, dropout, mixed, negatives = inBatch(batch) }: Stage2Settings,
): Tensor {
  const shape = [batch, featureDim];
  const drop = dropout > 0 ? combinerDropout(input('seed', [2], 'u32'), dropout) : undefined;
  // The way back has masks of its own, after those of the four layers.
  const dropBack = drop && ((x: Tensor, stream: number) => drop(x, 4 + stream));
  const used = mixed ? mixedPrecision(weights) : weights;
  const features = { reference: input('reference', shape), text: input('text', shape), target: input('target', shape) };
  return negatives.loss(features, (image, text, isWayBack) => combine(image, text, used, isWayBack ? dropBack : drop));
}
