import { type ClipConfig, channelsLast, lengthFor, packTokens, type Weights } from '@webcir/clip';
import { compile, type Device, type InputWriter, type Program, remember, SharedMemory } from '@webcir/kernels';
import { fittingBatch, imageBatchFor, imageGraph, maxTexts, textBatchFor, textGraph } from './batch-size.ts';

/** Called to report how far a long job is: `done` of `total`. */
export type OnProgress = (done: number, total: number) => void;

/**
 * An image's id, and the image as the encoder takes it: normalized planes [3, size, size], or what writes it on the
 * device, [size, size, 3].
 */
export type PlanesOfImage = readonly [id: string, planes: Float32Array | InputWriter];

/** Encodes many images with frozen weights, in batches of one size. */
export class ImageEncoder {
  /** Images in a batch. */
  readonly batch: number;
  readonly #program: Program<'features'>;
  readonly #config: ClipConfig;

  private constructor(program: Program<'features'>, batch: number, config: ClipConfig) {
    this.#program = program;
    this.batch = batch;
    this.#config = config;
  }

  /**
   * @param max images in a batch; fewer where the device could not bind their activations
   * @param memory for activations; the encoder's own unless given
   */
  static async create(
    device: Device,
    config: ClipConfig,
    weights: Weights,
    max: number,
    memory?: SharedMemory,
  ): Promise<ImageEncoder> {
    const batch = imageBatchFor(config, weights, device.capabilities, max);
    const program = await compile(device, { ...imageGraph(config, weights, batch), ...(memory && { memory }) });
    return new ImageEncoder(program, batch, config);
  }

  /**
   * Encodes images as they come: no more of them than two batches is held at a time.
   * @param images ids, and images, normalized, as [3, size, size]; the next batch is asked for while one is encoded
   * @param onProgress called with the number of images encoded so far
   * @returns the ids, and as many rows of features: [ids, embed], not normalized
   */
  encode(
    images: Iterable<PlanesOfImage> | AsyncIterable<PlanesOfImage>,
    onProgress?: (done: number) => void,
  ): Promise<EncodedImages> {
    return encodeInBatches(images, this.#config, { batch: this.batch, run: (pixels) => this.run(pixels), onProgress });
  }

  /** @param pixels [batch, size, size, 3], normalized, or what writes them @returns [batch, embed], not normalized */
  async run(pixels: Float32Array | InputWriter): Promise<Float32Array> {
    return (await this.#program.runAndRead({ pixels }, ['features'])).features;
  }

  dispose(): void {
    this.#program.dispose();
  }
}

/** Ids, and as many rows of features: [ids, embed], not normalized. */
export interface EncodedImages {
  readonly ids: string[];
  readonly features: Float32Array;
}

interface Batches {
  /** Images in a batch; the last one is filled up. */
  readonly batch: number;
  /** The size of the last batch, by the number of images that are left; `batch` unless given. */
  sizeOf?(left: number, batch: number): number;
  /** Encodes [batch, size, size, 3], or what writes them, to [batch, embed]. */
  run(pixels: Float32Array | InputWriter, batch: number): Promise<Float32Array>;
  onProgress?: ((done: number) => void) | undefined;
}

/** Encodes images as they come, whatever encodes a batch: the next one is made ready meanwhile. */
export async function encodeInBatches(
  images: Iterable<PlanesOfImage> | AsyncIterable<PlanesOfImage>,
  { imageResolution: size, embedDim }: ClipConfig,
  { batch, sizeOf = () => batch, run, onProgress }: Batches,
): Promise<EncodedImages> {
  const ids: string[] = [];
  const batches: Float32Array[] = [];
  let running: Promise<void> = Promise.resolve();
  const start = async (pixels: PixelBatch) => {
    await running;
    const done = ids.length;
    const rows = ((done - 1) % batch) + 1;
    const size = sizeOf(rows, batch);
    running = run(pixels.input(size), size).then((features) => {
      batches.push(features.slice(0, rows * embedDim));
      onProgress?.(done);
    });
    running.catch(() => {});
  };
  let pixels: PixelBatch | undefined;
  for await (const [id, planes] of images) {
    pixels ??= new PixelBatch(batch, size);
    pixels.put(planes, ids.length % batch);
    ids.push(id);
    if (ids.length % batch > 0) continue;
    await start(pixels);
    pixels = undefined;
  }
  if (pixels) await start(pixels);
  await running;
  return { ids, features: joined(batches, ids.length * embedDim) };
}

/** Images of one batch, of which some are written on the device. */
class PixelBatch {
  readonly #size: number;
  readonly #pixels: Float32Array<ArrayBuffer>;
  readonly #writers: { readonly slot: number; readonly write: InputWriter }[] = [];

  constructor(batch: number, size: number) {
    this.#size = size;
    this.#pixels = new Float32Array(batch * size * size * 3);
  }

  put(planes: Float32Array | InputWriter, slot: number): void {
    const values = 3 * this.#size ** 2;
    if (typeof planes === 'function') this.#writers.push({ slot, write: planes });
    else channelsLast(planes, this.#size, this.#pixels.subarray(slot * values, (slot + 1) * values));
  }

  /** The first of them, or what writes these. */
  input(count: number): Float32Array | InputWriter {
    const pixels = this.#pixels.subarray(0, count * 3 * this.#size ** 2);
    if (this.#writers.length === 0) return pixels;
    const size = 4 * 3 * this.#size ** 2;
    return (encoder, { buffer, offset }, queue) => {
      queue.writeBuffer(buffer, offset, pixels);
      for (const { slot, write } of this.#writers)
        write(encoder, { buffer, offset: offset + slot * size, size }, queue);
    };
  }
}

function joined(parts: readonly Float32Array[], length: number): Float32Array {
  const whole = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Options of `TextEncoderPrograms`. */
export interface TextEncoderOptions {
  /** Most texts in a batch, 256 unless given; fewer where the device could not bind their activations. */
  readonly batch?: number;
  /** Runs only as many positions as the texts need; true unless given. */
  readonly trim?: boolean;
  /** Runs batches of few texts in powers of two, instead of filling them up: more programs, less work. */
  readonly fit?: boolean;
  /** For activations; its own unless given. */
  readonly memory?: SharedMemory | undefined;
}

/** Encodes many texts with one set of weights; a text that occurs twice is encoded once. */
export class TextEncoderPrograms {
  readonly #device: Device;
  readonly #config: ClipConfig;
  readonly #weights: Weights;
  readonly #batch: number;
  readonly #trim: boolean;
  readonly #fit: boolean;
  readonly #memory: SharedMemory;
  readonly #ownsMemory: boolean;
  /** By texts in a batch and positions. */
  readonly #programs = new Map<string, Promise<Program<'features'>>>();

  constructor(
    device: Device,
    config: ClipConfig,
    weights: Weights,
    { batch = maxTexts, trim = true, fit = false, memory }: TextEncoderOptions = {},
  ) {
    this.#device = device;
    this.#config = config;
    this.#weights = weights;
    this.#batch = textBatchFor(config, weights, device.capabilities, batch);
    this.#trim = trim;
    this.#fit = fit;
    this.#memory = memory ?? new SharedMemory(device);
    this.#ownsMemory = memory === undefined;
  }

  /**
   * @param texts token rows of each text (`textTokenizer`)
   * @returns [texts, embed], not normalized
   */
  async encode(texts: readonly (readonly number[])[], onProgress?: OnProgress): Promise<Float32Array> {
    const { embedDim, contextLength } = this.#config;
    const keys = texts.map((rows) => rows.join(' '));
    const distinct = [...new Map(texts.map((rows, index) => [keys[index], rows]))].sort(
      ([, a], [, b]) => a.length - b.length,
    );
    const byKey = new Map<string, Float32Array>();
    for (let start = 0; start < distinct.length; start += this.#batch) {
      const part = distinct.slice(start, start + this.#batch);
      const rows = part.map(([, tokens]) => tokens);
      const length = this.#trim ? lengthFor(rows, contextLength) : contextLength;
      const size = this.#fit ? fittingBatch(rows.length, this.#batch) : this.#batch;
      const padded = [...rows, ...Array(size - rows.length).fill(rows[0])];
      const { tokens, eotPositions } = packTokens(padded, length);
      const program = await this.#program(size, length);
      const { features } = await program.runAndRead({ tokens, eotPositions }, ['features']);
      for (const [index, [key]] of part.entries())
        byKey.set(key, features.subarray(index * embedDim, (index + 1) * embedDim));
      onProgress?.(start + part.length, distinct.length);
    }
    const features = new Float32Array(texts.length * embedDim);
    for (const [index, key] of keys.entries()) features.set(byKey.get(key)!, index * embedDim);
    return features;
  }

  async dispose(): Promise<void> {
    for (const made of await Promise.allSettled(this.#programs.values())) {
      if (made.status === 'fulfilled') made.value.dispose();
    }
    this.#programs.clear();
    if (this.#ownsMemory) this.#memory.dispose();
  }

  #program(size: number, length: number): Promise<Program<'features'>> {
    return remember(this.#programs, `${size} ${length}`, () => {
      const graph = textGraph(this.#config, this.#weights, size, length);
      return compile(this.#device, { ...graph, memory: this.#memory });
    });
  }
}
