import type { PageImage, PreprocessOptions } from '@webcir/clip';
import {
  BufferUsage,
  type Device,
  expectReadable,
  type InputWriter,
  type Region,
  TextureReader,
  TextureUsage,
} from '@webcir/kernels';
import { copyToTexture, type HostImage, type HostPixels, isHostImage, shownSize } from './image-input.ts';
import { type PixelLayout, Resizers } from './resizers.ts';

/** An image on the device, and how its packed pixels are had. */
interface Packable extends PixelLayout {
  pack(encoder: GPUCommandEncoder, to: Region): void;
}

/**
 * Images made ready for an encoder on the device, bit for bit as `imagePlanes` makes them: what starts on the device
 * stays there.
 */
export class DeviceImages {
  readonly #device: Device;
  readonly #reader: TextureReader;
  readonly #resizers: Resizers;
  /** What a page's image is copied to. */
  #shown: GPUTexture | undefined;

  private constructor(device: Device, options: PreprocessOptions, reader: TextureReader) {
    this.#device = device;
    this.#reader = reader;
    this.#resizers = new Resizers(device, options);
  }

  /**
   * @param options the model's and the chosen preprocessing (`preprocessOptions`)
   * @throws GpuError
   */
  static async create(device: Device, options: PreprocessOptions): Promise<DeviceImages> {
    return new DeviceImages(device, options, await TextureReader.create(device));
  }

  /**
   * What writes an image as the encoder takes it, normalized [size, size, 3]: for one recording, whose encoder has to be
   * submitted before images of 32 other sizes are recorded. Nothing is submitted or waited for, but for the program of a
   * size that has not been seen lately. A page's image is read when it is recorded, as `decodeImage` reads it, turned as
   * it says: bit for bit, but for a transparent one that has the encoder's size already.
   * @throws TypeError or RangeError for an image that cannot be read, and why
   */
  async writer(image: HostImage | PageImage): Promise<InputWriter> {
    const packable = isHostImage(image) ? packableOf(image, this.#reader) : this.#packablePage(image);
    return this.#resizers.take(packable, ({ packed, program }, encoder, to) => {
      packable.pack(encoder, packed);
      program.encode(encoder);
      const { buffer, offset, size } = program.region('pixels');
      encoder.copyBufferToBuffer(buffer, offset, to.buffer, to.offset, size);
    });
  }

  /** Frees the device memory. What was recorded must have been submitted. */
  async dispose(): Promise<void> {
    this.#shown?.destroy();
    await this.#resizers.dispose();
  }

  #packablePage(image: PageImage): Packable {
    const { gpu } = this.#device;
    const { width, height } = shownSize(image);
    const most = gpu.limits.maxTextureDimension2D;
    if (Math.max(width, height) > most) {
      throw new RangeError(
        `${image.constructor.name}: ${width} x ${height} pixels are more than the maxTextureDimension2D of this device ` +
          `(${most}): pass it decoded (decodeImage), or smaller`,
      );
    }
    const pack = (encoder: GPUCommandEncoder, to: Region) => {
      const texture = this.#textureFor(width, height);
      copyToTexture(gpu.queue, image, texture);
      this.#reader.record(encoder, texture, to);
    };
    return { width, height, alpha: 'premultiplied', pack };
  }

  #textureFor(width: number, height: number): GPUTexture {
    const last = this.#shown;
    if (last?.width === width && last.height === height) return last;
    // An earlier one is let go, not destroyed: an encoder of the host's may still be going to use it.
    this.#shown = this.#device.gpu.createTexture({
      size: [width, height],
      format: 'rgba8unorm',
      usage: TextureUsage.COPY_DST | TextureUsage.TEXTURE_BINDING | TextureUsage.RENDER_ATTACHMENT,
      label: "a page's image",
    });
    return this.#shown;
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
