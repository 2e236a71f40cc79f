import {
  type Alpha,
  channelsLast,
  decodeBitmap,
  imagePlanes,
  type PreprocessOptions,
  type RawImage,
} from '@webcir/clip';
import {
  BufferUsage,
  type Device,
  expectReadable,
  type Region,
  stored,
  type Tensor,
  TextureReader,
  TextureUsage,
} from '@webcir/kernels';
import {
  copyToTexture,
  type HostImage,
  type HostPixels,
  type ImageInput,
  isHostImage,
  isRawImage,
  type PageImage,
  shownSize,
} from './image-input.ts';
import { type PixelLayout, Resizers } from './resizers.ts';

/** An image on the device, and how its packed pixels are had. */
interface Packable extends PixelLayout {
  pack(encoder: GPUCommandEncoder, to: Region): void;
}

/**
 * Images made ready for an encoder on the device, bit for bit as `imagePlanes` makes them: what starts on the device
 * stays there. An encoder's graph reads them from `pixels`.
 */
export class DeviceImages {
  /** [slots, size, size, 3], normalized: what the encoder takes. Slots that nothing was put in are zeros. */
  readonly pixels: Tensor;
  readonly #device: Device;
  readonly #options: PreprocessOptions;
  readonly #reader: TextureReader;
  readonly #made: GPUBuffer;
  readonly #slots: number;
  readonly #resizers: Resizers;

  private constructor(device: Device, options: PreprocessOptions, slots: number, reader: TextureReader) {
    const { size } = options;
    const bytes = slots * size * size * 3 * 4;
    this.#device = device;
    this.#options = options;
    this.#slots = slots;
    this.#reader = reader;
    this.#resizers = new Resizers(device, options);
    this.#made = device.gpu.createBuffer({
      size: Math.ceil(bytes / 16) * 16,
      usage: BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST,
      label: 'pixels',
    });
    this.pixels = stored('pixels', { buffer: this.#made, offset: 0, size: bytes }, [slots, size, size, 3]);
  }

  /**
   * @param options the model's and the chosen preprocessing (`preprocessOptions`)
   * @param slots images that the encoder takes at once
   * @throws GpuError
   */
  static async create(device: Device, options: PreprocessOptions, slots = 1): Promise<DeviceImages> {
    return new DeviceImages(device, options, slots, await TextureReader.create(device));
  }

  /**
   * Writes the commands that make an image ready into a host application's encoder: no submit, and no wait but for the
   * program of a size that has not been seen lately (see `prepare`). The encoder has to be submitted before images of 32
   * other sizes are recorded.
   * @throws TypeError or RangeError for an image that cannot be read, and why
   */
  async record(encoder: GPUCommandEncoder, image: HostImage, slot = 0): Promise<void> {
    this.#expectSlot(slot);
    await this.#recordWith(image, slot, (record) => record(encoder));
  }

  /**
   * Makes the program for images of this size, so that `record` records at once: a canvas's texture is gone after the
   * task that drew it.
   */
  async prepare(width: number, height: number, alpha: Alpha = 'opaque'): Promise<void> {
    await this.#resizers.use({ width, height, alpha }, () => {});
  }

  /**
   * Makes an image ready, in a submit of its own: nothing is waited for but a file's decoding, and the program of a size
   * that has not been seen lately. A file and a page's image are turned as they say, and taken as `decodeImage` takes
   * them, bit for bit, with two exceptions: a transparent one that has the encoder's size already may differ by a level,
   * and the page has converted an `<img>` with a colour profile to sRGB.
   * @throws Error for a file that cannot be decoded; TypeError or RangeError for an image that cannot be read, and why
   */
  async put(image: ImageInput, slot = 0): Promise<void> {
    this.#expectSlot(slot);
    if (isRawImage(image)) this.#write(image, slot);
    else if (isHostImage(image)) await this.#submit(image, slot);
    else if (image instanceof Blob) await this.#putFile(image, slot);
    else await this.#putPageImage(image, slot);
  }

  /** Frees the device memory. What was recorded must have been submitted. */
  async dispose(): Promise<void> {
    this.#made.destroy();
    await this.#resizers.dispose();
  }

  get #slotBytes(): number {
    return this.#options.size ** 2 * 3 * 4;
  }

  #expectSlot(slot: number): void {
    if (Number.isInteger(slot) && slot >= 0 && slot < this.#slots) return;
    throw new RangeError(`slot: expected a whole number from 0 to ${this.#slots - 1}, found ${slot}`);
  }

  #write(image: RawImage, slot: number): void {
    const { size } = this.#options;
    const pixels = new Float32Array(size * size * 3);
    channelsLast(imagePlanes(image, this.#options), size, pixels);
    this.#device.gpu.queue.writeBuffer(this.#made, slot * this.#slotBytes, pixels);
  }

  /** Records and submits in one go: once other images are waited for, the program may be let go. */
  async #submit(image: HostImage, slot: number): Promise<void> {
    const { gpu } = this.#device;
    await this.#recordWith(image, slot, (record) => {
      const encoder = gpu.createCommandEncoder();
      record(encoder);
      gpu.queue.submit([encoder.finish()]);
    });
  }

  /** @param use called when all is there, with what writes the commands into an encoder */
  async #recordWith(
    image: HostImage,
    slot: number,
    use: (record: (encoder: GPUCommandEncoder) => void) => void,
  ): Promise<void> {
    const packable = packableOf(image, this.#reader);
    await this.#resizers.use(packable, ({ packed, program }) => {
      use((encoder) => {
        packable.pack(encoder, packed);
        program.encode(encoder);
        const { buffer, offset, size } = program.region('pixels');
        encoder.copyBufferToBuffer(buffer, offset, this.#made, slot * this.#slotBytes, size);
      });
    });
  }

  async #putFile(file: Blob, slot: number): Promise<void> {
    const bitmap = await decodeBitmap(file);
    try {
      await this.#putPageImage(bitmap, slot);
    } finally {
      bitmap.close();
    }
  }

  async #putPageImage(image: PageImage, slot: number): Promise<void> {
    const { gpu } = this.#device;
    const { width, height } = shownSize(image);
    const most = gpu.limits.maxTextureDimension2D;
    if (Math.max(width, height) > most) {
      throw new RangeError(
        `${image.constructor.name}: ${width} x ${height} pixels are more than this device's textures have ` +
          `(${most} a side): pass it decoded (decodeImage), or smaller`,
      );
    }
    const texture = gpu.createTexture({
      size: [width, height],
      format: 'rgba8unorm',
      usage: TextureUsage.COPY_DST | TextureUsage.TEXTURE_BINDING | TextureUsage.RENDER_ATTACHMENT,
      label: image.constructor.name,
    });
    try {
      copyToTexture(gpu.queue, image, texture);
      await this.#submit({ texture, alpha: 'premultiplied' }, slot);
    } finally {
      texture.destroy();
    }
  }
}

function packableOf(image: HostImage, reader: TextureReader): Packable {
  if ('buffer' in image) return packablePixels(image);
  const { texture, alpha = 'opaque' } = 'texture' in image ? image : { texture: image };
  expectReadable(texture);
  const { width, height } = texture;
  return { width, height, alpha, pack: (encoder, to) => reader.record(encoder, texture, to) };
}

function packablePixels({ buffer, offset = 0, width, height, alpha = 'opaque' }: HostPixels): Packable {
  const name = buffer.label ? `buffer '${buffer.label}'` : 'buffer';
  const bytes = 4 * width * height;
  if (![width, height].every((side) => Number.isInteger(side) && side > 0)) {
    throw new RangeError(`${name}: expected a positive width and height, found ${width} x ${height}`);
  }
  if (!(buffer.usage & BufferUsage.COPY_SRC)) {
    throw new TypeError(`${name}: expected a usage with COPY_SRC, found usage ${buffer.usage}`);
  }
  if (offset % 4 !== 0 || offset < 0 || offset + bytes > buffer.size) {
    throw new RangeError(
      `${name}: expected ${width} x ${height} pixels of 4 bytes from a multiple of 4 on, found ${buffer.size} bytes ` +
        `from ${offset} on`,
    );
  }
  const pack = (encoder: GPUCommandEncoder, to: Region) =>
    encoder.copyBufferToBuffer(buffer, offset, to.buffer, to.offset, bytes);
  return { width, height, alpha, pack };
}
