import { type Alpha, imagePixels, type PreprocessOptions } from '@webcir/clip';
import {
  BufferUsage,
  compile,
  type Device,
  type InputWriter,
  type Program,
  type Region,
  SharedMemory,
  stored,
} from '@webcir/kernels';

/** Programs that are kept while none of them is in use. */
export const MOST_PROGRAMS = 32;

/** What an image's program depends on. */
export interface PixelLayout {
  readonly width: number;
  readonly height: number;
  readonly alpha: Alpha;
}

/** Preprocesses images of one layout. */
export interface Resizer {
  /** Where their packed pixels are to be written. */
  readonly packed: Region;
  readonly program: Program<'pixels'>;
}

interface Entry {
  readonly resizer: Promise<Resizer>;
  /** Those who have asked for it and not used it yet. */
  users: number;
}

/** The programs that preprocess images, one a layout: few are made, as those of other sizes share their pipelines. */
export class Resizers {
  readonly #device: Device;
  readonly #options: PreprocessOptions;
  readonly #memory: SharedMemory;
  /** By their size in bytes. */
  readonly #packed = new Map<number, GPUBuffer>();
  /** The one used last at the end. */
  readonly #entries = new Map<string, Entry>();

  constructor(device: Device, options: PreprocessOptions) {
    this.#device = device;
    this.#options = options;
    this.#memory = new SharedMemory(device);
  }

  /**
   * The program for a layout, kept until it is used.
   * @param record writes the commands for an image of that layout
   * @returns what calls `record`, once
   * @throws RangeError for pixels that the device cannot bind; GpuError
   */
  async take(
    layout: PixelLayout,
    record: (resizer: Resizer, ...given: Parameters<InputWriter>) => void,
  ): Promise<InputWriter> {
    const key = `${layout.width} x ${layout.height} ${layout.alpha}`;
    const entry = this.#entries.get(key) ?? { resizer: this.#make(layout), users: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    try {
      const resizer = await entry.resizer;
      return (...given) => {
        record(resizer, ...given);
        entry.users--;
        this.#trim();
      };
    } catch (error) {
      this.#entries.delete(key); // the next call may find memory
      throw error;
    }
  }

  /** Frees the device memory. */
  async dispose(): Promise<void> {
    for (const made of await Promise.allSettled([...this.#entries.values()].map(({ resizer }) => resizer))) {
      if (made.status === 'fulfilled') made.value.program.dispose();
    }
    for (const buffer of this.#packed.values()) buffer.destroy();
    this.#entries.clear();
    this.#packed.clear();
    this.#memory.dispose();
  }

  /** Lets those go that were used longest ago. */
  #trim(): void {
    for (const [key, { resizer, users }] of this.#entries) {
      if (this.#entries.size <= MOST_PROGRAMS) return;
      if (users > 0) continue;
      this.#entries.delete(key);
      resizer.then(({ program }) => program.dispose());
    }
  }

  async #make({ width, height, alpha }: PixelLayout): Promise<Resizer> {
    const packed = this.#regionFor(width, height);
    const pixels = imagePixels(stored('packed', packed, [height, width], 'u32'), alpha, this.#options);
    return { packed, program: await compile(this.#device, { outputs: { pixels }, memory: this.#memory }) };
  }

  /** Memory for packed pixels. Images of about one size share it, as what is recorded runs one after the other. */
  #regionFor(width: number, height: number): Region {
    const { gpu, capabilities } = this.#device;
    const needed = 4 * width * height;
    if (needed > capabilities.maxBindingSize) {
      throw new RangeError(
        `${width} x ${height} pixels need ${needed} bytes, the maxStorageBufferBindingSize of this device is ` +
          `${capabilities.maxBindingSize}: pass a smaller image`,
      );
    }
    const size = Math.min(2 ** Math.max(Math.ceil(Math.log2(needed)), 16), capabilities.maxBindingSize);
    const usage = BufferUsage.STORAGE | BufferUsage.COPY_DST;
    const buffer = this.#packed.get(size) ?? gpu.createBuffer({ size, usage, label: 'packed pixels' });
    this.#packed.set(size, buffer);
    return { buffer, offset: 0, size };
  }
}
