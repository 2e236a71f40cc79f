// Preprocessing on the device against preprocessing on the CPU, which preprocess.test.ts holds to PIL: bit for bit.
import { compile, input, openDevice } from '@webcir/kernels';
import { uniform } from '@webcir/kernels/cases';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Alpha,
  channelsLast,
  imagePixels,
  imagePlanes,
  type PreprocessOptions,
  type RawImage,
  SIGLIP_IMAGE,
  TRANSFORMS,
} from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

/** Random RGBA; where it is transparent, mostly in patches, as cut-outs are. */
function randomImage(width: number, height: number, isOpaque: boolean): RawImage {
  const random = uniform(width * 31 + height);
  const data = new Uint8Array(4 * width * height);
  for (let i = 0; i < data.length; i += 4) {
    const patch = [0, 255, Math.floor(random() * 256)][Math.floor(i / 40) % 3];
    data.set(
      [0, 1, 2].map(() => random() * 256),
      i,
    );
    data[i + 3] = isOpaque ? 255 : patch;
  }
  return { width, height, channels: 4, data };
}

const packed = ({ data }: RawImage) => new Uint32Array(Uint8Array.from(data).buffer);
const withoutAlpha = ({ data, ...image }: RawImage): RawImage => ({
  ...image,
  channels: 3,
  data: data.filter((_, i) => i % 4 < 3),
});

async function onDevice(words: Uint32Array, { width, height }: RawImage, alpha: Alpha, options: PreprocessOptions) {
  const pixels = imagePixels(input('packed', [height, width], 'u32'), alpha, options);
  expect(pixels.shape).toEqual([1, options.size, options.size, 3]);
  const program = await compile(device, { outputs: { pixels } });
  const result = await program.runAndRead({ packed: words }, ['pixels']);
  program.dispose();
  return new Uint32Array(result.pixels.buffer);
}

function onCpu(image: RawImage, options: PreprocessOptions): Uint32Array {
  const pixels = new Float32Array(3 * options.size ** 2);
  channelsLast(imagePlanes(image, options), options.size, pixels);
  return new Uint32Array(pixels.buffer);
}

const sizes = [
  [1, 1],
  [1, 9],
  [300, 2],
  [7, 7],
  [8, 8],
  [6, 8],
  [33, 17],
  [61, 64],
  [130, 97],
];
const ways = TRANSFORMS.flatMap((transform) =>
  (['shortest', 'squash'] as const).flatMap((resize) =>
    (['bicubic', 'bilinear'] as const).map((interpolation) => ({ transform, resize, interpolation })),
  ),
);

describe.each(ways)('$transform, $resize, $interpolation', (way) => {
  it.each(sizes)('%i x %i, with and without alpha, smaller and larger than the encoder', async (width, height) => {
    for (const size of [8, 31]) {
      const options = { ...way, size };
      const image = randomImage(width, height, false);
      expect(await onDevice(packed(image), image, 'straight', options)).toEqual(onCpu(image, options));
      expect(await onDevice(packed(image), image, 'opaque', options)).toEqual(onCpu(withoutAlpha(image), options));
    }
  });
});

describe('imagePixels', () => {
  const options: PreprocessOptions = { transform: 'squarepad', size: 16 };

  it('takes an image without a transparent pixel as one without alpha: its margins are black', async () => {
    const image = randomImage(29, 12, true);
    const expected = onCpu(withoutAlpha(image), options);
    expect(await onDevice(packed(image), image, 'straight', options)).toEqual(expected);
    expect(await onDevice(packed(image), image, 'premultiplied', options)).toEqual(expected);
    expect(onCpu(image, options)).not.toEqual(expected);
  });

  it('takes colours that are multiplied by alpha already', async () => {
    const image = randomImage(29, 12, false);
    const multiplied = image.data.map((value, i) =>
      i % 4 === 3 ? value : Math.round((value * image.data[i - (i % 4) + 3]) / 255),
    );
    const words = packed({ ...image, data: multiplied });
    expect(await onDevice(words, image, 'premultiplied', options)).toEqual(onCpu(image, options));
  });

  it('divides premultiplied colours where nothing is resized, too', async () => {
    const image: RawImage = { width: 1, height: 1, channels: 4, data: Uint8Array.of(50, 0, 100, 100) };
    const divided: RawImage = { ...image, channels: 3, data: Uint8Array.of(127, 0, 255) };
    const options: PreprocessOptions = { transform: 'clip', size: 1 };
    expect(await onDevice(packed(image), image, 'premultiplied', options)).toEqual(onCpu(divided, options));
  });

  it("normalizes with the model's means and deviations", async () => {
    const image = randomImage(9, 9, true);
    const siglip = { ...SIGLIP_IMAGE, transform: 'clip', size: 9 } as const;
    const found = await onDevice(packed(image), image, 'opaque', siglip);
    expect(found).toEqual(onCpu(image, siglip));
    expect(found).not.toEqual(onCpu(image, { transform: 'clip', size: 9 }));
  });

  it('takes a photo at an encoder’s real size', async () => {
    const image = randomImage(641, 427, true);
    const real: PreprocessOptions = { transform: 'targetpad', size: 224 };
    expect(await onDevice(packed(image), image, 'opaque', real)).toEqual(onCpu(withoutAlpha(image), real));
  });

  it('refuses an option that is out of range', () => {
    const pixels = input('packed', [4, 4], 'u32');
    expect(() => imagePixels(pixels, 'opaque', { transform: 'clip', size: 0.5 })).toThrow('size: expected a positive');
  });
});
