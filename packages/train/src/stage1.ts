import { type ClipConfig, channelsLast, type DeviceClip, encodeImage, isTrainable, isVisual } from '@webcir/clip';
import { elementwiseSum } from '@webcir/combiner';
import { Adam, compile, type Device, type HostArray, input, type Program, slice, type Tensor } from '@webcir/kernels';
import { batchContrastiveLoss } from './loss.ts';
import { encodeGroups, type GroupLengths, groupTexts } from './text-groups.ts';

/** Which of CLIP's encoders stage 1 tunes. */
export type TunedEncoder = 'text' | 'image' | 'both';

/** Which tensors CLIP4Cir's `--encoder` trains. */
export const isTuned =
  (encoder: TunedEncoder) =>
  (name: string): boolean =>
    isTrainable(name) && (encoder === 'both' || (encoder === 'image') === isVisual(name));

/** CLIP4Cir's AdamW: PyTorch's defaults but for epsilon. */
export const stage1Adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** The pictures of a batch: their features where the image encoder is frozen, their pixels where it is not. */
export type PictureBatch =
  | { readonly kind: 'features'; readonly reference: Float32Array; readonly target: Float32Array }
  /** Normalized planes [3, size, size] of each picture. */
  | { readonly kind: 'pixels'; readonly reference: readonly Float32Array[]; readonly target: readonly Float32Array[] };

/**
 * Stage 1 of CLIP4Cir (clip_fine_tune.py): CLIP is tuned so that the plain sum of the reference's and the caption's
 * feature lands on the target's. One program for each set of text lengths, all on the same weights and the same optimizer.
 */
export class Stage1 {
  readonly adam: Adam;
  readonly #device: Device;
  readonly #config: ClipConfig;
  readonly #clip: DeviceClip;
  readonly #batch: number;
  readonly #trim: boolean;
  readonly #programs = new Map<string, Promise<Program<'loss'>>>();

  /** @param trim run only as many text positions as the longest caption of a batch needs */
  constructor(
    device: Device,
    config: ClipConfig,
    clip: DeviceClip,
    { batch, trim = true }: { batch: number; trim?: boolean },
  ) {
    this.adam = new Adam(clip.trained, stage1Adam);
    this.#device = device;
    this.#config = config;
    this.#clip = clip;
    this.#batch = batch;
    this.#trim = trim;
  }

  /**
   * The program and the inputs of one step, without 'adam'.
   * @param texts token rows of each caption
   */
  async prepare(
    pictures: PictureBatch,
    texts: readonly (readonly number[])[],
  ): Promise<{ program: Program<'loss'>; inputs: Record<string, HostArray> }> {
    const { lengths, inputs } = groupTexts(texts, this.#config, this.#trim);
    return {
      program: await this.#program(pictures.kind, lengths),
      inputs: { ...inputs, ...this.#pictureInputs(pictures) },
    };
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs.values()) (await program).dispose();
    this.adam.dispose();
  }

  #pictureInputs(pictures: PictureBatch): Record<string, HostArray> {
    if (pictures.kind === 'features') return { reference: pictures.reference, target: pictures.target };
    const { imageResolution: size } = this.#config;
    const pictureSize = size * size * 3;
    const pixels = new Float32Array(2 * this.#batch * pictureSize);
    for (const [index, planes] of [...pictures.reference, ...pictures.target].entries()) {
      channelsLast(planes, size, pixels.subarray(index * pictureSize, (index + 1) * pictureSize));
    }
    return { pixels };
  }

  #program(kind: PictureBatch['kind'], lengths: GroupLengths): Promise<Program<'loss'>> {
    const key = `${kind} ${lengths}`;
    let program = this.#programs.get(key);
    if (!program) {
      const loss = this.#loss(kind, lengths);
      program = compile(this.#device, {
        outputs: { loss },
        updates: this.adam.minimize(loss),
      });
      this.#programs.set(key, program);
    }
    return program;
  }

  #loss(kind: PictureBatch['kind'], lengths: GroupLengths): Tensor {
    const text = encodeGroups(lengths, this.#batch, this.#clip.weights, this.#config);
    const [reference, target] = kind === 'features' ? this.#featureInputs() : this.#encodedPictures();
    return batchContrastiveLoss(elementwiseSum(reference, text), target);
  }

  #featureInputs(): [Tensor, Tensor] {
    const shape = [this.#batch, this.#config.embedDim];
    return [input('reference', shape), input('target', shape)];
  }

  // References and targets go through the encoder as one batch.
  #encodedPictures(): [Tensor, Tensor] {
    const size = this.#config.imageResolution;
    const pixels = input('pixels', [2 * this.#batch, size, size, 3]);
    const features = encodeImage(pixels, this.#clip.weights, this.#config);
    return [slice(features, 0, 0, this.#batch), slice(features, 0, this.#batch, this.#batch)];
  }
}
