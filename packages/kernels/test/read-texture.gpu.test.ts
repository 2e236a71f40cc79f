// Textures of a host application, read into packed pixels in that application's encoder.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniform } from '../src/engine/case.ts';
import { openDevice } from '../src/engine/device.ts';
import { BufferUsage, MapMode, TextureUsage } from '../src/engine/flags.ts';
import { TextureReader } from '../src/textures/read-texture.ts';

const device = await openDevice();
const { gpu } = device;
afterAll(() => device.close());

let reader: TextureReader;
beforeAll(async () => {
  reader = await TextureReader.create(device);
});

const { TEXTURE_BINDING, COPY_SRC, COPY_DST } = TextureUsage;

function textureOf(
  bytes: Uint8Array<ArrayBuffer>,
  [width, height]: readonly [number, number],
  format: GPUTextureFormat,
  usage: number = TEXTURE_BINDING,
  options: Partial<GPUTextureDescriptor> = {},
): GPUTexture {
  const texture = gpu.createTexture({ size: [width, height], format, usage: usage | COPY_DST, ...options });
  gpu.queue.writeTexture({ texture }, bytes, { bytesPerRow: 4 * width }, [width, height]);
  return texture;
}

/** The packed pixels as bytes, lowest first. */
async function read(texture: GPUTexture): Promise<Uint8Array> {
  const size = 4 * texture.width * texture.height;
  const offset = 256;
  const buffer = gpu.createBuffer({ size: offset + size, usage: BufferUsage.STORAGE | BufferUsage.COPY_SRC });
  const staging = gpu.createBuffer({ size, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  const encoder = gpu.createCommandEncoder();
  reader.record(encoder, texture, { buffer, offset, size });
  encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
  gpu.queue.submit([encoder.finish()]);
  await device.wait(staging.mapAsync(MapMode.READ) as Promise<undefined>);
  const bytes = new Uint8Array(staging.getMappedRange().slice(0));
  buffer.destroy();
  staging.destroy();
  return bytes;
}

const random = uniform(11);
const randomBytes = (count: number) => Uint8Array.from({ length: count }, () => random() * 256);
/** Red and blue change places. */
const swapped = (bytes: Uint8Array) => bytes.map((_, i) => bytes[[i + 2, i, i - 2, i][i % 4]]);
/** Every value of every channel. */
const allValues = Uint8Array.from({ length: 4 * 256 }, (_, i) => (Math.floor(i / 4) * [1, 3, 5, 7][i % 4]) % 256);

describe.each(['rgba8unorm', 'rgba8unorm-srgb', 'bgra8unorm', 'bgra8unorm-srgb'] as const)('%s', (format) => {
  const expected = format.startsWith('b') ? swapped : (bytes: Uint8Array) => bytes;

  it('gives every value back as its own byte', async () => {
    expect(await read(textureOf(allValues, [16, 16], format))).toEqual(expected(allValues));
  });

  it('of odd sizes, bound or copied', async () => {
    for (const size of [
      [1, 1],
      [17, 3],
      [5, 130],
    ] as const) {
      const bytes = randomBytes(4 * size[0] * size[1]);
      expect(await read(textureOf(bytes, size, format))).toEqual(expected(bytes));
      expect(await read(textureOf(bytes, size, format, COPY_SRC))).toEqual(expected(bytes));
    }
  });

  it('with views of the other encoding, and smaller levels', async () => {
    const other = (format.endsWith('-srgb') ? format.slice(0, -5) : `${format}-srgb`) as GPUTextureFormat;
    const bytes = randomBytes(4 * 6 * 4);
    const options = { viewFormats: [other], mipLevelCount: 2 };
    expect(await read(textureOf(bytes, [6, 4], format, TEXTURE_BINDING, options))).toEqual(expected(bytes));
  });
});

it('two textures of one size in one encoder do not disturb each other', async () => {
  const bytes = [randomBytes(4 * 15), randomBytes(4 * 15)];
  const buffer = gpu.createBuffer({ size: 512, usage: BufferUsage.STORAGE | BufferUsage.COPY_SRC });
  const staging = gpu.createBuffer({ size: 512, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  const encoder = gpu.createCommandEncoder();
  for (const [i, values] of bytes.entries()) {
    const texture = textureOf(values, [5, 3], 'rgba8unorm', COPY_SRC);
    reader.record(encoder, texture, { buffer, offset: 256 * i, size: 60 });
  }
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, 512);
  gpu.queue.submit([encoder.finish()]);
  await device.wait(staging.mapAsync(MapMode.READ) as Promise<undefined>);
  const found = new Uint8Array(staging.getMappedRange().slice(0));
  expect([found.slice(0, 60), found.slice(256, 316)]).toEqual(bytes);
});

describe('a texture is refused in one sentence', () => {
  const make = (options: Partial<GPUTextureDescriptor>) =>
    gpu.createTexture({ size: [4, 4], format: 'rgba8unorm', usage: TEXTURE_BINDING, label: 'frame', ...options });
  const buffer = gpu.createBuffer({ size: 64, usage: BufferUsage.STORAGE });
  const recording = (texture: GPUTexture) => () =>
    reader.record(gpu.createCommandEncoder(), texture, { buffer, offset: 0, size: 60 });

  it.each([
    [
      'another format',
      { format: 'rgba16float' },
      /^texture 'frame': expected a format of rgba8unorm, .*, found rgba16float$/,
    ],
    ['depth', { format: 'depth32float', label: '' }, /^texture: expected a format of .*, found depth32float$/],
    ['several layers', { size: [4, 4, 2] }, /expected one layer .*, found 2 layers of 1 samples in 2d/],
    [
      'several samples',
      { sampleCount: 4, usage: TEXTURE_BINDING | TextureUsage.RENDER_ATTACHMENT },
      /1 layers of 4 samples/,
    ],
    ['a volume', { dimension: '3d' }, /1 layers of 1 samples in 3d/],
    [
      'a usage that lets nobody read',
      { usage: COPY_DST },
      /expected a usage with TEXTURE_BINDING or COPY_SRC .*, found usage 2/,
    ],
  ] as [string, Partial<GPUTextureDescriptor>, RegExp][])('%s', (_, options, message) => {
    expect(recording(make(options))).toThrow(message);
    expect(recording(make(options))).toThrow(TypeError);
  });

  it('a region that is too small', () => {
    expect(recording(make({}))).toThrow("texture 'frame': 4 x 4 pixels need 64 bytes, the region has 60");
  });
});
