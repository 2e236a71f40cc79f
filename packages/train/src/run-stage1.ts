import type { ClipModel, DeviceClip } from '@webcir/clip';
import type { Device } from '@webcir/kernels';
import { byLength, type FeatureTable, featureRows } from '@webcir/retrieval';
import { drawEpoch, type Example } from './examples.ts';
import type { ImageBatch } from './images.ts';
import { type Recipe, runTraining, type StepReport } from './loop.ts';
import { Stage1 } from './stage1.ts';

export interface Stage1Options {
  readonly device: Device;
  readonly model: ClipModel;
  /** The model on the device, with the tensors to be tuned in its trained store. */
  readonly clip: DeviceClip;
  readonly examples: readonly Example[];
  readonly images: /** The image encoder is frozen: features of every image, made once. */
    | { readonly kind: 'features'; readonly features: FeatureTable }
    /** Normalized planes of an image, encoded again at every step. */
    | { readonly kind: 'pixels'; planes(id: string): Promise<Float32Array> };
  readonly recipe: Recipe;
  readonly batch: number;
  readonly seed: number;
  /** Run only as many text positions as a batch needs. */
  readonly trimText: boolean;
  /** Images, or texts, that go through an encoder at once; divides the batch. The whole batch unless given. */
  readonly microBatch?: number;
  /** Compute activations again in the backward pass instead of keeping them. */
  readonly recompute?: boolean;
  /** Blocks in half precision, with master weights and loss scaling. */
  readonly mixed?: boolean;
  readonly firstEpoch?: number;
  /** Called with the stage before the first step: a resumed run puts the optimizer's state back. */
  onStart?(stage: Stage1): Promise<void>;
  onStep?(report: StepReport): void;
  onEpoch?(epoch: number, stage: Stage1): Promise<void>;
}

/** Tunes CLIP on triplets: all epochs of stage 1. */
export async function runStage1(options: Stage1Options): Promise<void> {
  const {
    device,
    model,
    clip,
    examples,
    images,
    recipe,
    batch,
    seed,
    trimText: trim,
    microBatch,
    recompute,
    mixed,
  } = options;
  const stage = new Stage1(device, model.config, clip, { batch, trim, microBatch, recompute, mixed });
  await options.onStart?.(stage);
  const imagesOf = async (references: readonly string[], targets: readonly string[]): Promise<ImageBatch> => {
    if (images.kind === 'pixels') {
      const planes = (ids: readonly string[]) => Promise.all(ids.map((id) => images.planes(id)));
      return { kind: 'pixels', reference: await planes(references), target: await planes(targets) };
    }
    return {
      kind: 'features',
      reference: featureRows(images.features, references),
      target: featureRows(images.features, targets),
    };
  };
  try {
    await runTraining({
      device,
      adam: stage.adam,
      recipe,
      stepsPerEpoch: drawEpoch(examples, batch, '').length,
      firstEpoch: options.firstEpoch,
      epoch(epoch) {
        const batches = drawEpoch(examples, batch, `stage 1, seed ${seed}, epoch ${epoch}`);
        return async (index) => {
          const drawn = byLength(batches[index], ({ example, form }) => example.texts[form]);
          const shown = await imagesOf(
            drawn.map(({ example }) => example.reference),
            drawn.map(({ example }) => example.target),
          );
          return stage.prepare(
            shown,
            drawn.map(({ example, form }) => example.texts[form]),
          );
        };
      },
      onStep: options.onStep,
      onEpoch: async (epoch) => options.onEpoch?.(epoch, stage),
    });
  } finally {
    await stage.dispose();
  }
}
