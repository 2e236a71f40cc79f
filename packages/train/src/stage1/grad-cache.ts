import { isVisual, lengthFor, packTokens } from '@webcir/clip';
import { compile, type HostArray, type Program, SharedMemory, type TensorStore } from '@webcir/kernels';
import type { PreparedStep } from '../loop.ts';
import { accumulateGradients, featureLoss, type MicroKind, microFeatures } from './graphs.ts';
import { type ImageBatch, packPixels } from './images.ts';
import { microNeeds, type StepOptions } from './memory.ts';

/** A part of a batch, as it goes through an encoder at once. */
interface MicroBatch {
  readonly kind: MicroKind;
  readonly inputs: Readonly<Record<string, HostArray>>;
}

/** The programs of one kind of micro-batch. */
interface MicroPrograms {
  readonly encode: Program<'features'>;
  /** Present only where the encoder is tuned. */
  readonly accumulate: Program<never> | undefined;
}

/** The programs that see the whole batch. */
interface BatchPrograms {
  readonly loss: Program<'loss' | 'images' | 'texts'>;
  readonly update: Program<'overflow'>;
}

/**
 * Steps of stage 1 on a batch that does not fit in memory at once, with the same gradients (Gao et al. 2021, arXiv
 * 2101.06983): all micro-batches are encoded, the loss of the whole batch gives the cotangent of each feature, and
 * each micro-batch is encoded once more to carry that back to the weights. Features pass through host memory; gradients
 * never leave the device.
 */
export class GradCache {
  readonly #options: StepOptions;
  readonly #gradients: TensorStore;
  readonly #memory: SharedMemory;
  readonly #microPrograms = new Map<string, Promise<MicroPrograms>>();
  #batchPrograms: Promise<BatchPrograms> | undefined;

  /**
   * @param gradients where micro-batches add up their gradients, a store like that of the trained weights; owned from
   * now on
   */
  constructor(options: StepOptions, gradients: TensorStore) {
    this.#options = options;
    this.#gradients = gradients;
    this.#memory = new SharedMemory(options.device);
  }

  async prepare(
    images: ImageBatch,
    texts: readonly (readonly number[])[],
    more: Readonly<Record<string, HostArray>>,
  ): Promise<PreparedStep> {
    this.#batchPrograms ??= this.#compileBatch(images.kind);
    const programs = await this.#batchPrograms;
    return (adam) => this.#step(programs, images, texts, more, adam);
  }

  async dispose(): Promise<void> {
    for (const made of this.#microPrograms.values()) {
      const { encode, accumulate } = await made;
      encode.dispose();
      accumulate?.dispose();
    }
    const made = await this.#batchPrograms;
    made?.loss.dispose();
    made?.update.dispose();
    this.#memory.dispose();
    this.#gradients.dispose();
  }

  async #step(
    { loss, update }: BatchPrograms,
    images: ImageBatch,
    texts: readonly (readonly number[])[],
    more: Readonly<Record<string, HostArray>>,
    adam: Float32Array,
  ): Promise<number> {
    const { scaler } = this.#options.adam;
    const shown = images.kind === 'pixels' ? [...images.reference, ...images.target] : [];
    const imageBatches = this.#divide(shown, (part) => this.#imageBatch(part));
    const textBatches = this.#divide(texts, (part) => this.#textBatch(part));
    const features = {
      texts: await this.#encode(textBatches),
      images: images.kind === 'pixels' ? await this.#encode(imageBatches) : joined(images),
    };
    const inputs = { ...features, ...more, ...(scaler ? { adam } : {}) };
    const result = await loss.runAndRead(inputs, ['loss', 'images', 'texts']);
    await this.#accumulate(textBatches, result.texts);
    await this.#accumulate(imageBatches, result.images);
    if (scaler) scaler.update((await update.runAndRead({ adam }, ['overflow'])).overflow[0] !== 0);
    else update.run({ adam });
    return result.loss[0];
  }

  /** Micro-batches, each made when its turn comes: the pixels of all would take much memory. */
  #divide<T>(items: readonly T[], make: (part: readonly T[]) => MicroBatch): (() => MicroBatch)[] {
    const { microBatch } = this.#options;
    return Array.from(
      { length: items.length / microBatch },
      (_, i) => () => make(items.slice(i * microBatch, (i + 1) * microBatch)),
    );
  }

  #imageBatch(images: readonly Float32Array[]): MicroBatch {
    const { imageResolution } = this.#options.clip.config;
    return { kind: { encoder: 'image' }, inputs: { pixels: packPixels(images, imageResolution) } };
  }

  #textBatch(texts: readonly (readonly number[])[]): MicroBatch {
    const { clip, trim } = this.#options;
    const { contextLength } = clip.config;
    const { tokens, eotPositions, length } = packTokens(texts, trim ? lengthFor(texts, contextLength) : contextLength);
    return { kind: { encoder: 'text', length }, inputs: { tokens, eotPositions } };
  }

  /** Features of all micro-batches, one after the other. */
  async #encode(batches: readonly (() => MicroBatch)[]): Promise<Float32Array> {
    const size = this.#options.microBatch * this.#options.clip.config.embedDim;
    const all = new Float32Array(batches.length * size);
    await inTurn(batches, async (make, i) => {
      const { kind, inputs } = make();
      const { encode } = await this.#programsFor(kind);
      return async () => all.set((await encode.runAndRead(inputs, ['features'])).features, i * size);
    });
    return all;
  }

  /** @param cotangent gradient of the loss with respect to the features of all micro-batches */
  async #accumulate(batches: readonly (() => MicroBatch)[], cotangent: Float32Array): Promise<void> {
    const { device, microBatch, clip } = this.#options;
    const size = microBatch * clip.config.embedDim;
    await inTurn(batches, async (make, i) => {
      const { kind, inputs } = make();
      const { accumulate } = await this.#programsFor(kind);
      return async () => {
        const keep = Float32Array.of(i === 0 ? 0 : 1);
        accumulate?.run({ ...inputs, cotangent: cotangent.subarray(i * size, (i + 1) * size), keep });
        await device.idle();
      };
    });
  }

  /** Takes the memory of the largest programs first: the others fit into it. */
  async #compileBatch(images: ImageBatch['kind']): Promise<BatchPrograms> {
    const { device, clip, adam, batch, negatives } = this.#options;
    const memory = this.#memory;
    const needs = microNeeds(clip, images, this.#options, this.#gradients, device.capabilities);
    for (const need of needs) memory.reserve(need);
    return {
      loss: await compile(device, {
        ...featureLoss(batch, clip.config, negatives, (loss) => adam.scaled(loss)),
        memory,
      }),
      update: await compile(device, { ...adam.update(this.#gradients.flat), memory }),
    };
  }

  #programsFor(kind: MicroKind): Promise<MicroPrograms> {
    const key = kind.encoder === 'image' ? 'image' : `text ${kind.length}`;
    let programs = this.#microPrograms.get(key);
    if (!programs) this.#microPrograms.set(key, (programs = this.#compileMicro(kind)));
    return programs;
  }

  async #compileMicro(kind: MicroKind): Promise<MicroPrograms> {
    const { device, clip, microBatch, recompute } = this.#options;
    const memory = this.#memory;
    const features = microFeatures(clip, kind, microBatch);
    const isTuned = clip.trained.entries.some(({ name }) => isVisual(name) === (kind.encoder === 'image'));
    const accumulation = accumulateGradients(clip, kind, microBatch, this.#gradients, recompute);
    return {
      encode: await compile(device, { outputs: { features }, memory }),
      accumulate: isTuned ? await compile(device, { ...accumulation, memory }) : undefined,
    };
  }
}

/** References, then targets. */
function joined({ reference, target }: { reference: Float32Array; target: Float32Array }): Float32Array {
  const all = new Float32Array(reference.length + target.length);
  all.set(reference);
  all.set(target, reference.length);
  return all;
}

/** Runs what `prepare` returns for each item, and prepares the next item meanwhile. */
async function inTurn<T>(
  items: readonly T[],
  prepare: (item: T, index: number) => Promise<() => Promise<void>>,
): Promise<void> {
  let running: Promise<void> = Promise.resolve();
  for (const [index, item] of items.entries()) {
    const run = await prepare(item, index);
    await running;
    running = run();
    running.catch(() => {}); // awaited below or before the next one
  }
  await running;
}
