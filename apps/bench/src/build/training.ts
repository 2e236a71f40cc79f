import { type ClipModel, isVisual, uploadClip } from '@webcir/clip';
import { type CombinerConfig, combinerEntries } from '@webcir/combiner';
import type { Adam, Device } from '@webcir/kernels';
import { isTuned, type PreparedStep, Stage1, Stage2 } from '@webcir/train';
import { numbers } from '../measure/numbers.ts';
import type { Built } from './built.ts';
import { captions } from './captions.ts';
import { configs, type ModelName, seededClip, seededValues } from './models.ts';

/** A training step that can be asked for its losses. */
export interface BuiltStep extends Built {
  /** The losses of the next steps. */
  losses(steps: number): Promise<Float32Array>;
}

/** Sizes of the Combiners that belong to two of the models: 4 and 8 times the features' width. */
export const combiners = {
  embedded: { featureDim: 128, projectionDim: 512, hiddenDim: 1024 },
  RN50x4: { featureDim: 640, projectionDim: 2560, hiddenDim: 5120 },
} as const satisfies Record<string, CombinerConfig>;

export const LEARNING_RATE = 1e-4;
export const WEIGHT_DECAY = 0.01;

/**
 * A step of stage 1 that tunes the text encoder, on features of its images: forward, backward and AdamW.
 * @param options trim: run captions only as far as they go; false: all 77 positions, as CLIP4Cir does. mixed: in mixed
 *   precision
 */
export async function buildStage1(
  device: Device,
  name: ModelName,
  { batch, trim = true, mixed = false }: { batch: number; trim?: boolean; mixed?: boolean },
): Promise<BuiltStep> {
  const isText = (tensor: string) => !isVisual(tensor) && tensor !== 'logit_scale';
  const model: ClipModel = seededClip(configs[name], isText);
  const { config } = model;
  const texts = captions(batch, config.vocabularySize);
  const clip = await uploadClip(device, model, isTuned('text'));
  const stage = new Stage1(device, config, clip, { batch, trim, mixed });
  const features = (kind: string) => numbers(kind, batch * config.embedDim);
  const step = await stage.prepare(
    { kind: 'features', reference: features('reference'), target: features('target') },
    texts,
  );
  return repeated(device, step, { adam: stage.adam, weightDecay: WEIGHT_DECAY }, async () => {
    await stage.dispose();
    clip.dispose();
  });
}

/** A step of stage 2 on features: the Combiner's forward and backward pass and Adam. */
export async function buildStage2(
  device: Device,
  config: CombinerConfig,
  { batch, dropout = 0.5, mixed = false }: { batch: number; dropout?: number; mixed?: boolean },
): Promise<BuiltStep> {
  const weights = new Map(combinerEntries(config).map(({ name, shape }) => [name, seededValues(name, shape)]));
  const stage = await Stage2.create(device, config, weights, { batch, dropout, mixed });
  const features = (kind: string) => numbers(kind, batch * config.featureDim);
  const step = stage.prepare(
    { reference: features('reference'), text: features('text'), target: features('target') },
    dropout > 0 ? [1, 2] : undefined,
  );
  return repeated(device, step, { adam: stage.adam, weightDecay: 0 }, () => stage.dispose());
}

/** Runs the same step again and again, each after the loss of the one before has been read, as training does. */
function repeated(
  device: Device,
  step: PreparedStep,
  { adam, weightDecay }: { readonly adam: Adam; readonly weightDecay: number },
  dispose: () => void | Promise<void>,
): BuiltStep {
  let count = 0;
  const next = () => step(adam.hyper({ learningRate: LEARNING_RATE, weightDecay, step: ++count }));
  return {
    async run(times) {
      for (let i = 0; i < times; i++) await next();
      await device.idle(); // the updates come after the loss
    },
    async losses(steps) {
      const found = new Float32Array(steps);
      for (let i = 0; i < steps; i++) found[i] = await next();
      return found;
    },
    program: step.program,
    dispose,
  };
}
