import type { Device } from '../engine/device.ts';
import { TextureUsage } from '../engine/flags.ts';
import type { Kernel } from '../engine/kernel.ts';
import type { Region } from '../graph.ts';
import { readTextureKernel } from './read-texture.wgsl.ts';

/** Formats with a byte for each of red, green, blue and alpha. */
const FORMATS: readonly GPUTextureFormat[] = ['rgba8unorm', 'rgba8unorm-srgb', 'bgra8unorm', 'bgra8unorm-srgb'];
const kernel = readTextureKernel as unknown as Kernel;

/**
 * Reads a host application's textures into buffers of packed pixels, in that application's own encoder. Kept apart from
 * programs, which only bind buffers: a host often has another texture for every frame.
 */
export class TextureReader {
  readonly #device: Device;
  readonly #pipelines: Readonly<Record<'plain' | 'srgb', GPUComputePipeline>>;
  /** What a texture that cannot be bound is copied to. */
  #copy: GPUTexture | undefined;

  private constructor(device: Device, plain: GPUComputePipeline, srgb: GPUComputePipeline) {
    this.#device = device;
    this.#pipelines = { plain, srgb };
  }

  /** @throws GpuError */
  static async create(device: Device): Promise<TextureReader> {
    const [plain, srgb] = await Promise.all(
      [0, 1].map((isSrgb) => device.pipeline({ kernel, constants: { isSrgb }, storage: {} })),
    );
    return new TextureReader(device, plain, srgb);
  }

  /**
   * Writes the commands that read a texture: its first level, the bytes as they are.
   * @param to u32 [height, width]: red in the lowest byte, then green, blue and alpha, whatever their order in the
   *   texture
   * @throws TypeError for a texture that `expectReadable` refuses; RangeError when the region is too small
   */
  record(encoder: GPUCommandEncoder, texture: GPUTexture, to: Region): void {
    expectReadable(texture);
    const { width, height, format, label } = texture;
    const needed = 4 * width * height;
    if (to.size < needed) {
      throw new RangeError(
        `${named(label)}: ${width} x ${height} pixels need ${needed} bytes, the region has ${to.size}`,
      );
    }
    const bound = texture.usage & TextureUsage.TEXTURE_BINDING ? texture : this.#copied(encoder, texture);
    const bindGroup = this.#device.gpu.createBindGroup({
      layout: this.#device.layout(kernel),
      entries: [
        { binding: readTextureKernel.textures.image, resource: bound.createView({ mipLevelCount: 1 }) },
        {
          binding: readTextureKernel.bindings.packed.binding,
          resource: { buffer: to.buffer, offset: to.offset, size: needed },
        },
      ],
    });
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipelines[format.endsWith('-srgb') ? 'srgb' : 'plain']);
    pass.setBindGroup(0, bindGroup);
    const [x, y] = kernel.workgroupSize;
    pass.dispatchWorkgroups(Math.ceil(width / x), Math.ceil(height / y));
    pass.end();
  }

  #copied(encoder: GPUCommandEncoder, texture: GPUTexture): GPUTexture {
    const { width, height, format } = texture;
    const last = this.#copy;
    // An earlier copy is let go, not destroyed: an encoder of the host's may still be going to use it.
    if (last?.width !== width || last.height !== height || last.format !== format) {
      this.#copy = this.#device.gpu.createTexture({
        size: [width, height],
        format,
        usage: TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST,
        label: 'copied to be read',
      });
    }
    encoder.copyTextureToTexture({ texture }, { texture: this.#copy! }, [width, height]);
    return this.#copy!;
  }
}

const named = (label: string): string => (label ? `texture '${label}'` : 'texture');

/**
 * @throws TypeError naming what keeps a texture from being read: it is no plain image, has another format than 8 bits a
 *   channel, or may be neither bound nor copied
 */
export function expectReadable(texture: GPUTexture): void {
  const { dimension, depthOrArrayLayers, sampleCount, format, usage, label } = texture;
  const fail = (expected: string, found: string) => {
    throw new TypeError(`${named(label)}: expected ${expected}, found ${found}`);
  };
  if (!FORMATS.includes(format)) fail(`a format of ${FORMATS.join(', ')}`, format);
  if (dimension !== '2d' || depthOrArrayLayers !== 1 || sampleCount !== 1) {
    const found = `${depthOrArrayLayers} layers of ${sampleCount} samples in ${dimension}`;
    fail('one layer of one sample in 2d: resolve or copy it first', found);
  }
  if (!(usage & (TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_SRC))) {
    fail('a usage with TEXTURE_BINDING or COPY_SRC (of a canvas: see configure)', `usage ${usage}`);
  }
}
