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
import { BufferUsage, compile, input, MapMode, openDevice, scale, TextureUsage } from '@webcir/kernels';
import { uniform } from '@webcir/kernels/cases';
import { afterAll, describe, expect, it } from 'vitest';
import { DeviceImages } from '../src/index.ts';
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

/** Bits of what the encoder reads, [slots, size, size, 3]. */
async function pixelsIn({ pixels }: DeviceImages): Promise<Uint32Array> {
  const program = await compile(device, { outputs: { seen: scale(pixels, 1) } });
  const { seen } = await program.runAndRead({}, ['seen']);
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

async function submitted(record: (encoder: GPUCommandEncoder) => Promise<void>): Promise<void> {
  const encoder = gpu.createCommandEncoder();
  await record(encoder);
  gpu.queue.submit([encoder.finish()]);
}

describe('record', () => {
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
      await submitted((encoder) => images.record(encoder, { texture, alpha }));
      expect(await pixelsIn(images)).toEqual(onCpu(alpha === 'opaque' ? withoutAlpha(image) : image));
    }
    await images.dispose();
  });

  it('takes a plain texture as opaque, and pixels in a buffer', async () => {
    const images = await DeviceImages.create(device, options);
    const image = rgba(33, 17);
    await submitted((encoder) => images.record(encoder, textureOf(image)));
    expect(await pixelsIn(images)).toEqual(onCpu(withoutAlpha(image)));
    const other = rgba(17, 33);
    const pixels = { buffer: bufferOf(other, 12), offset: 12, width: 17, height: 33 };
    await submitted((encoder) => images.record(encoder, { ...pixels, alpha: 'straight' }));
    expect(await pixelsIn(images)).toEqual(onCpu(other));
    await submitted((encoder) => images.record(encoder, pixels));
    expect(await pixelsIn(images)).toEqual(onCpu(withoutAlpha(other)));
    await images.dispose();
  });

  it('puts several images of any sizes in the slots of one encoder', async () => {
    const images = await DeviceImages.create(device, options, 3);
    const three = [rgba(20, 30), rgba(20, 30), rgba(300, 200)];
    await submitted(async (encoder) => {
      for (const [slot, image] of three.entries()) await images.record(encoder, textureOf(image), slot);
    });
    expect(await pixelsIn(images)).toEqual(onCpu(...three.map(withoutAlpha)));
    await expect(images.record(gpu.createCommandEncoder(), textureOf(three[0]), 3)).rejects.toThrow(
      'slot: expected a whole number from 0 to 2, found 3',
    );
    await images.dispose();
  });

  it('takes more sizes at once than it keeps programs of', async () => {
    const count = MOST_PROGRAMS + 8;
    const images = await DeviceImages.create(device, options, count);
    const all = Array.from({ length: count }, (_, i) => rgba(5 + i, 9));
    for (let round = 0; round < 2; round++) {
      await Promise.all(all.map((image, slot) => images.put({ texture: textureOf(image) }, slot)));
      expect(await pixelsIn(images)).toEqual(onCpu(...all.map(withoutAlpha)));
    }
    await images.dispose();
  });

  it('refuses what it cannot read, and says why', async () => {
    const images = await DeviceImages.create(device, options);
    const encoder = gpu.createCommandEncoder();
    const usage = TextureUsage.TEXTURE_BINDING;
    const half = gpu.createTexture({ size: [2, 2], format: 'rgba16float', usage });
    await expect(images.record(encoder, half)).rejects.toThrow('found rgba16float');
    const image = rgba(2, 2);
    const buffer = bufferOf(image, 0);
    const pixels = { buffer, width: 2, height: 2 };
    await expect(images.record(encoder, { ...pixels, height: 3 })).rejects.toThrow(
      'buffer: expected 2 x 3 pixels of 4 bytes from a multiple of 4 on, found 16 bytes from 0 on',
    );
    await expect(images.record(encoder, { ...pixels, offset: 4 })).rejects.toThrow('found 16 bytes from 4 on');
    await expect(images.record(encoder, { ...pixels, height: 1, offset: 2 })).rejects.toThrow('from 2 on');
    await expect(images.record(encoder, { ...pixels, width: 0.5 })).rejects.toThrow('found 0.5 x 2');
    const hidden = gpu.createBuffer({ size: 16, usage: BufferUsage.STORAGE, label: 'mine' });
    await expect(images.record(encoder, { ...pixels, buffer: hidden })).rejects.toThrow(
      "buffer 'mine': expected a usage with COPY_SRC, found usage 128",
    );
    const side = Math.ceil(Math.sqrt(device.capabilities.maxBindingSize / 4)) + 1;
    await expect(images.prepare(side, side)).rejects.toThrow('this device binds at most');
    await images.dispose();
  });
});

it('put takes a decoded image, and pads a palette as the CPU does', async () => {
  const images = await DeviceImages.create(device, options, 2);
  const image = rgba(33, 17);
  const palette = { ...withoutAlpha(rgba(9, 40)), paletteFirst: [9, 8, 7] };
  await images.put(image, 0);
  await images.put(palette, 1);
  expect(await pixelsIn(images)).toEqual(onCpu(image, palette));
  await images.dispose();
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
      outputs: { features: encodeImage(images.pixels, clip.weights, model.config) },
    });
    const decoded = await compile(device, {
      outputs: { features: encodeImage(input('pixels', [1, 16, 16, 3]), clip.weights, model.config) },
    });
    const image = rgba(41, 23, 255);
    const texture = textureOf(image, 'bgra8unorm');
    await images.prepare(41, 23);

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
    images.record(encoder, texture).then(() => (isRecorded = true));
    for (let microtask = 0; microtask < 10; microtask++) await undefined;
    program.encode(encoder);
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
    const expected = await decoded.runAndRead({ pixels }, ['features']);
    expect(features).toEqual(new Uint32Array(expected.features.buffer));
    await images.dispose();
  });
});
