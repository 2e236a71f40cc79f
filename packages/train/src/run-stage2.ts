import type { CombinerConfig } from '@webcir/combiner';
import { seedOf } from '@webcir/data';
import type { Device } from '@webcir/kernels';
import { type FeatureTable, featureRows } from '@webcir/retrieval';
import { type Drawn, drawEpoch, type Example } from './examples.ts';
import { type Recipe, runTraining, type StepReport } from './loop.ts';
import { Stage2 } from './stage2.ts';

export interface Stage2Options {
  readonly device: Device;
  readonly config: CombinerConfig;
  /** Initial weights by name. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly examples: readonly Example[];
  readonly features: FeatureTable;
  /** Text features of drawn captions, [drawn, featureDim]. */
  textFeatures(drawn: readonly Drawn[]): Promise<Float32Array>;
  readonly recipe: Recipe;
  readonly batch: number;
  readonly dropout: number;
  /** Matrices in half precision, with master weights and loss scaling. */
  readonly mixed?: boolean;
  readonly seed: number;
  readonly firstEpoch?: number;
  onStart?(stage: Stage2): Promise<void>;
  onStep?(report: StepReport): void;
  onEpoch?(epoch: number, stage: Stage2): Promise<void>;
}

/** Trains the Combiner on features of the frozen CLIP: all epochs of stage 2. */
export async function runStage2(options: Stage2Options): Promise<void> {
  const { device, config, examples, features, recipe, batch, dropout, mixed, seed } = options;
  const stepsPerEpoch = drawEpoch(examples, batch, '').length;
  const stage = await Stage2.create(device, config, options.weights, { batch, dropout, mixed });
  try {
    await options.onStart?.(stage);
    await runTraining({
      device,
      adam: stage.adam,
      recipe,
      stepsPerEpoch,
      firstEpoch: options.firstEpoch,
      epoch(epoch) {
        const batches = drawEpoch(examples, batch, `stage 2, seed ${seed}, epoch ${epoch}`);
        return async (index) => {
          const drawn = batches[index];
          const shown = {
            reference: featureRows(
              features,
              drawn.map(({ example }) => example.reference),
            ),
            text: await options.textFeatures(drawn),
            target: featureRows(
              features,
              drawn.map(({ example }) => example.target),
            ),
          };
          return stage.prepare(
            shown,
            dropout > 0 ? [seedOf(`dropout, seed ${seed}`), epoch * stepsPerEpoch + index] : undefined,
          );
        };
      },
      onStep: options.onStep,
      onEpoch: async (epoch) => options.onEpoch?.(epoch, stage),
    });
  } finally {
    stage.dispose();
  }
}
