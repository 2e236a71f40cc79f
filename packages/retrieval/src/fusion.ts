import { compile, type Device, input, type Program, type SharedMemory, type Tensor } from '@webcir/kernels';

/** Turns many pairs of image and text features into query features, in batches of one size. */
export class Fusion {
  readonly #program: Program<'queries'>;
  readonly #batch: number;
  readonly #dim: number;

  private constructor(program: Program<'queries'>, batch: number, dim: number) {
    this.#program = program;
    this.#batch = batch;
    this.#dim = dim;
  }

  /**
   * @param fuse for instance `elementwiseSum`, or the Combiner with its weights
   * @param memory for activations; its own unless given
   */
  static async create(
    device: Device,
    dim: number,
    fuse: (image: Tensor, text: Tensor) => Tensor,
    batch = 256,
    memory?: SharedMemory,
  ): Promise<Fusion> {
    const queries = fuse(input('image', [batch, dim]), input('text', [batch, dim]));
    return new Fusion(await compile(device, { outputs: { queries }, ...(memory && { memory }) }), batch, dim);
  }

  /**
   * @param image [queries, dim]
   * @param text [queries, dim]
   * @returns [queries, dim]
   */
  async run(image: Float32Array, text: Float32Array): Promise<Float32Array> {
    const size = this.#batch * this.#dim;
    const queries = new Float32Array(image.length);
    for (let start = 0; start < image.length; start += size) {
      const part = (values: Float32Array) => {
        const padded = new Float32Array(size);
        padded.set(values.subarray(start, start + size));
        return padded;
      };
      const result = await this.#program.runAndRead({ image: part(image), text: part(text) }, ['queries']);
      queries.set(result.queries.subarray(0, Math.min(size, image.length - start)), start);
    }
    return queries;
  }

  dispose(): void {
    this.#program.dispose();
  }
}
