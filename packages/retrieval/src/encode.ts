import { type ClipConfig, channelsLast, lengthFor, packTokens, type Weights } from '@webcir/clip';
import { compile, type Device, type Program, SharedMemory } from '@webcir/kernels';
import { imageBatchFor, imageGraph, maxTexts, textBatchFor, textGraph } from './batch-size.ts';

/** Called to report how far a long job is: `done` of `total`. */
export type OnProgress = (done: number, total: number) => void;

/** Encodes many images with frozen weights, in batches of one size. */
export class ImageEncoder {
  readonly #program: Program<'features'>;
  readonly #batch: number;
  readonly #config: ClipConfig;

  private constructor(program: Program<'features'>, batch: number, config: ClipConfig) {
    this.#program = program;
    this.#batch = batch;
    this.#config = config;
  }

  /** @param max images in a batch; fewer where the device could not bind their activations */
  static async create(device: Device, config: ClipConfig, weights: Weights, max: number): Promise<ImageEncoder> {
    const batch = imageBatchFor(config, weights, device.capabilities, max);
    return new ImageEncoder(await compile(device, imageGraph(config, weights, batch)), batch, config);
  }

  /**
   * @param count how many images
   * @param planes gives image `index`, normalized, as [3, size, size]; the next batch is asked for while one is encoded
   * @returns [count, embed], not normalized
   */
  async encode(
    count: number,
    planes: (index: number) => Promise<Float32Array> | Float32Array,
    onProgress?: OnProgress,
  ): Promise<Float32Array> {
    const { imageResolution: size, embedDim } = this.#config;
    const features = new Float32Array(count * embedDim);
    const imageSize = size * size * 3;
    let running: Promise<void> = Promise.resolve();
    for (let start = 0; start < count; start += this.#batch) {
      const pixels = new Float32Array(this.#batch * imageSize);
      const end = Math.min(start + this.#batch, count);
      for (let i = start; i < end; i++) {
        channelsLast(await planes(i), size, pixels.subarray((i - start) * imageSize, (i - start + 1) * imageSize));
      }
      await running;
      running = this.#program.runAndRead({ pixels }, ['features']).then((result) => {
        features.set(result.features.subarray(0, (end - start) * embedDim), start * embedDim);
        onProgress?.(end, count);
      });
      running.catch(() => {});
    }
    await running;
    return features;
  }

  dispose(): void {
    this.#program.dispose();
  }
}

/** Encodes many texts with one set of weights; a text that occurs twice is encoded once. */
export class TextEncoderPrograms {
  readonly #device: Device;
  readonly #config: ClipConfig;
  readonly #weights: Weights;
  readonly #batch: number;
  readonly #trim: boolean;
  readonly #memory: SharedMemory;
  readonly #programs = new Map<number, Promise<Program<'features'>>>();

  /**
   * @param options batch: maximum number of texts in a batch, 256 unless given; fewer where the device could not bind
   *   their activations. trim: run only as many positions as the texts need
   */
  constructor(device: Device, config: ClipConfig, weights: Weights, { batch = maxTexts, trim = true } = {}) {
    this.#device = device;
    this.#config = config;
    this.#weights = weights;
    this.#batch = textBatchFor(config, weights, device.capabilities, batch);
    this.#trim = trim;
    this.#memory = new SharedMemory(device);
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
      const padded = [...rows, ...Array(this.#batch - rows.length).fill(rows[0])];
      const { tokens, eotPositions } = packTokens(padded, length);
      const { features } = await (await this.#program(length)).runAndRead({ tokens, eotPositions }, ['features']);
      for (const [index, [key]] of part.entries())
        byKey.set(key, features.subarray(index * embedDim, (index + 1) * embedDim));
      onProgress?.(start + part.length, distinct.length);
    }
    const features = new Float32Array(texts.length * embedDim);
    for (const [index, key] of keys.entries()) features.set(byKey.get(key)!, index * embedDim);
    return features;
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs.values()) (await program).dispose();
    this.#programs.clear();
    this.#memory.dispose();
  }

  #program(length: number): Promise<Program<'features'>> {
    let program = this.#programs.get(length);
    if (!program) {
      const graph = textGraph(this.#config, this.#weights, this.#batch, length);
      program = compile(this.#device, { ...graph, memory: this.#memory });
      this.#programs.set(length, program);
    }
    return program;
  }
}
