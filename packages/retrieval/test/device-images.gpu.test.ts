// Images that start on the device: bit for bit what the CPU makes of the same pixels, recorded in a host's encoder.
import {
  type Alpha,
  channelsLast,
  encodeImage,
  imagePlanes,
  initialVit,
  type PreprocessOptions,
  preprocessOptions,
  type RawImage,
  uploadClip,
} from '@webcir/clip';
import {
  BufferUsage,
  compile,
  type InputWriter,
  input,
  MapMode,
  openDevice,
  scale,
  TextureUsage,
} from '@webcir/kernels';
import { uniform } from '@webcir/kernels/cases';
import { afterAll, describe, expect, it } from 'vitest';
import { DeviceImages } from '../src/device-images.ts';
import type { HostImage } from '../src/image-input.ts';
import { MOST_PROGRAMS } from '../src/resizers.ts';

const device = await openDevice();
const { gpu } = device;
afterAll(() => device.close());

const options: PreprocessOptions = { transform: 'targetpad', size: 16 };
const random = uniform(7);

const rgba = (width: number, height: number, alpha?: number): RawImage => ({
  width,
  height,
  channels: 4,
  data: Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 && alpha ? alpha : random() * 256)),
});
const withoutAlpha = ({ data, ...image }: RawImage): RawImage => ({
  ...image,
  channels: 3,
  data: data.filter((_, i) => i % 4 < 3),
});
const multiplied = ({ data, ...image }: RawImage): RawImage => ({
  ...image,
  data: data.map((value, i) => (i % 4 === 3 ? value : Math.round((value * data[i - (i % 4) + 3]) / 255))),
});

function textureOf({ width, height, data }: RawImage, format: GPUTextureFormat = 'rgba8unorm'): GPUTexture {
  const usage = TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST;
  const texture = gpu.createTexture({ size: [width, height], format, usage });
  const bytes = format.startsWith('b') ? data.map((_, i) => data[[i + 2, i, i - 2, i][i % 4]]) : data;
  gpu.queue.writeTexture({ texture }, new Uint8Array(bytes), { bytesPerRow: 4 * width }, [width, height]);
  return texture;
}

function bufferOf({ data }: RawImage, offset: number): GPUBuffer {
  const buffer = gpu.createBuffer({ size: offset + data.length, usage: BufferUsage.COPY_SRC | BufferUsage.COPY_DST });
  gpu.queue.writeBuffer(buffer, offset, new Uint8Array(data));
  return buffer;
}

/** Bits of what an encoder of so many images at once would read, [images, size, size, 3]. */
async function onDevice(images: DeviceImages, ...shown: HostImage[]): Promise<Uint32Array> {
  const { size } = options;
  const writers = await Promise.all(shown.map((image) => images.writer(image)));
  const program = await compile(device, {
    outputs: { seen: scale(input('pixels', [shown.length, size, size, 3]), 1) },
  });
  const pixels: InputWriter = (encoder, { buffer, offset }, queue) => {
    const bytes = 4 * 3 * size * size;
    for (const [i, write] of writers.entries())
      write(encoder, { buffer, offset: offset + i * bytes, size: bytes }, queue);
  };
  const { seen } = await program.runAndRead({ pixels }, ['seen']);
  program.dispose();
  return new Uint32Array(seen.buffer);
}

function onCpu(...images: RawImage[]): Uint32Array {
  const one = 3 * options.size ** 2;
  const pixels = new Float32Array(images.length * one);
  for (const [i, image] of images.entries())
    channelsLast(imagePlanes(image, options), options.size, pixels.subarray(i * one, (i + 1) * one));
  return new Uint32Array(pixels.buffer);
}

describe('writer', () => {
  it.each([
    ['rgba8unorm', 'opaque'],
    ['bgra8unorm', 'straight'],
    ['rgba8unorm-srgb', 'premultiplied'],
    ['bgra8unorm-srgb', 'opaque'],
  ] as [GPUTextureFormat, Alpha][])('takes a texture of %s, %s', async (format, alpha) => {
    const images = await DeviceImages.create(device, options);
    for (const [width, height] of [
      [1, 1],
      [33, 17],
      [16, 40],
    ]) {
      const image = rgba(width, height);
      const texture = textureOf(alpha === 'premultiplied' ? multiplied(image) : image, format);
      expect(await onDevice(images, { texture, alpha })).toEqual(
        onCpu(alpha === 'opaque' ? withoutAlpha(image) : image),
      );
    }
    await images.dispose();
  });

  it('takes a plain texture as opaque, and pixels in a buffer', async () => {
    const images = await DeviceImages.create(device, options);
    const image = rgba(33, 17);
    expect(await onDevice(images, textureOf(image))).toEqual(onCpu(withoutAlpha(image)));
    const other = rgba(17, 33);
    const pixels = { buffer: bufferOf(other, 12), offset: 12, width: 17, height: 33 };
    expect(await onDevice(images, { ...pixels, alpha: 'straight' })).toEqual(onCpu(other));
    expect(await onDevice(images, pixels)).toEqual(onCpu(withoutAlpha(other)));
    await images.dispose();
  });

  it('several in one encoder, though they be more sizes than it keeps programs of', async () => {
    const images = await DeviceImages.create(device, options);
    const all = Array.from({ length: MOST_PROGRAMS + 8 }, (_, i) => rgba(5 + i - (i % 2), 9));
    for (let round = 0; round < 2; round++) {
      const found = await onDevice(images, ...all.map((image) => textureOf(image)));
      expect(found).toEqual(onCpu(...all.map(withoutAlpha)));
    }
    await images.dispose();
  });

  it('refuses what it cannot read, and says why', async () => {
    const images = await DeviceImages.create(device, options);
    const usage = TextureUsage.TEXTURE_BINDING;
    const half = gpu.createTexture({ size: [2, 2], format: 'rgba16float', usage });
    await expect(images.writer(half)).rejects.toThrow('found rgba16float');
    const image = rgba(2, 2);
    const buffer = bufferOf(image, 0);
    const pixels = { buffer, width: 2, height: 2 };
    await expect(images.writer({ ...pixels, height: 3 })).rejects.toThrow(
      'buffer: expected 2 x 3 pixels of 4 bytes from a multiple of 4 on, found 16 bytes from 0 on',
    );
    await expect(images.writer({ ...pixels, offset: 4 })).rejects.toThrow('found 16 bytes from 4 on');
    await expect(images.writer({ ...pixels, height: 1, offset: 2 })).rejects.toThrow('from 2 on');
    await expect(images.writer({ ...pixels, width: 0.5 })).rejects.toThrow('found 0.5 x 2');
    const hidden = gpu.createBuffer({ size: 16, usage: BufferUsage.STORAGE, label: 'mine' });
    await expect(images.writer({ ...pixels, buffer: hidden })).rejects.toThrow(
      "buffer 'mine': expected a usage with COPY_SRC, found usage 128",
    );
    const side = Math.ceil(Math.sqrt(device.capabilities.maxBindingSize / 4)) + 1;
    const large = {
      createView: 0,
      format: 'rgba8unorm',
      usage,
      width: side,
      height: side,
      depthOrArrayLayers: 1,
      sampleCount: 1,
      dimension: '2d',
    };
    await expect(images.writer(large as unknown as GPUTexture)).rejects.toThrow('maxStorageBufferBindingSize');
    await images.dispose();
  });
});

describe('the encoder', async () => {
  const text = { contextLength: 8, textWidth: 64, textLayers: 1, vocabulary: [0, 1, 2] };
  const vision = { embedDim: 22, imageResolution: 16, visionWidth: 64, visionLayers: 2, patchSize: 8 };
  const model = initialVit({ ...vision, ...text }, random);
  const clip = await uploadClip(device, model);
  const preprocessing = preprocessOptions(model.config, { transform: 'squarepad' });

  it('gives the features of the decoded image, in a host’s encoder, without a submit or a wait', async () => {
    const images = await DeviceImages.create(device, preprocessing);
    const program = await compile(device, {
      outputs: { features: encodeImage(input('pixels', [1, 16, 16, 3]), clip.weights, model.config) },
    });
    const image = rgba(41, 23, 255);
    const texture = textureOf(image, 'bgra8unorm');
    await images.writer(textureOf(rgba(41, 23))); // makes the program of this size

    const calls: string[] = [];
    const restore = (['submit', 'writeBuffer', 'onSubmittedWorkDone'] as const).map((method) => {
      const original = gpu.queue[method] as (...args: unknown[]) => unknown;
      const counted = (...args: unknown[]) => {
        calls.push(method);
        return original.apply(gpu.queue, args);
      };
      Object.defineProperty(gpu.queue, method, { configurable: true, value: counted });
      return () => Reflect.deleteProperty(gpu.queue, method);
    });
    const encoder = gpu.createCommandEncoder();
    let isRecorded = false;
    images.writer(texture).then((write) => {
      program.encode(encoder, { pixels: write });
      isRecorded = true;
    });
    for (let microtask = 0; microtask < 10; microtask++) await undefined;
    for (const put of restore) put();
    expect(isRecorded, 'in the task in which it was asked for').toBe(true);
    expect(calls).toEqual([]);

    const { buffer, offset, size } = program.region('features');
    const staging = gpu.createBuffer({ size, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    gpu.queue.submit([encoder.finish()]);
    await device.wait(staging.mapAsync(MapMode.READ) as Promise<undefined>);
    const features = new Uint32Array(staging.getMappedRange().slice(0));
    const pixels = new Float32Array(3 * 16 * 16);
    channelsLast(imagePlanes(withoutAlpha(image), preprocessing), 16, pixels);
    const expected = await program.runAndRead({ pixels }, ['features']);
    expect(features).toEqual(new Uint32Array(expected.features.buffer));
    await images.dispose();
  });
});
