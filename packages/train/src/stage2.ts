import { type CombinerConfig, combine, combinerEntries, mixedPrecision } from '@webcir/combiner';
import { Adam, compile, type Device, input, TensorStore } from '@webcir/kernels';
import { type PreparedStep, programStep, type StepProgram } from './loop.ts';
import { batchContrastiveLoss } from './loss.ts';

/** The features of a batch, [batch, featureDim] each, as CLIP gives them. */
export interface FeatureBatch {
  readonly reference: Float32Array;
  readonly text: Float32Array;
  readonly target: Float32Array;
}

/** Stage 2 of CLIP4Cir (combiner_train.py): the Combiner is trained on features of the frozen, tuned CLIP. */
export class Stage2 {
  readonly combiner: TensorStore;
  readonly adam: Adam;
  readonly #program: StepProgram;

  private constructor(combiner: TensorStore, adam: Adam, program: StepProgram) {
    this.combiner = combiner;
    this.adam = adam;
    this.#program = program;
  }

  /**
   * @param weights initial values by name (`initialCombiner`, or a checkpoint's)
   * @param settings mixed: matrices in half precision, with master weights and loss scaling
   */
  static async create(
    device: Device,
    config: CombinerConfig,
    weights: ReadonlyMap<string, Float32Array>,
    { batch, dropout, mixed = false }: { batch: number; dropout: number; mixed?: boolean },
  ): Promise<Stage2> {
    const combiner = TensorStore.create(device, combinerEntries(config), 'combiner');
    for (const [name, values] of weights) combiner.write(name, values);
    const adam = new Adam(combiner, { lossScaling: mixed });
    const shape = [batch, config.featureDim];
    const training = dropout > 0 ? { seed: input('seed', [2], 'u32'), probability: dropout } : undefined;
    const masters = (name: string) => combiner.tensor(name);
    const used = mixed ? mixedPrecision(masters) : masters;
    const queries = combine(input('reference', shape), input('text', shape), used, training);
    const loss = batchContrastiveLoss(queries, input('target', shape));
    return new Stage2(combiner, adam, await compile(device, adam.minimize(loss)));
  }

  /**
   * Makes ready for one step.
   * @param seed of the dropouts: another one for every step
   */
  prepare(batch: FeatureBatch, seed?: readonly [number, number]): PreparedStep {
    const inputs = { ...batch, ...(seed ? { seed: Uint32Array.from(seed) } : {}) };
    return programStep(this.#program, inputs, this.adam);
  }

  dispose(): void {
    this.#program.dispose();
    this.adam.dispose();
    this.combiner.dispose();
  }
}
