import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../src/node.ts';
import type { RawImage } from '../src/preprocess/image.ts';
import { normalizePixels } from '../src/preprocess/normalize.ts';
import type { PreprocessOptions, Transform } from '../src/preprocess/options.ts';
import { imagePlanes, preprocess } from '../src/preprocess/preprocess.ts';
import { readSafetensors } from '../src/weights/safetensors.ts';
import { toFloat32 } from '../src/weights/weight-file.ts';

const fixture = (path: string) => fileURLToPath(new URL(`fixtures/${path}`, import.meta.url));
const { tensors } = readSafetensors(readFileSync(fixture('preprocess.safetensors')));

describe('preprocess gives the pixels of PIL and torchvision', () => {
  test.each([...tensors.keys()])('%s', async (key) => {
    const [file, transform, size, normalized] = key.split(' ');
    const expected = toFloat32(tensors.get(key)!);
    const image = await decodeImage(fixture(`images/${file}`));
    const pixels = preprocess(image, { transform: transform as Transform, size: Number(size) });
    const actual = normalized ? normalizePixels(pixels) : Float32Array.from(pixels);
    expect(actual.length).toBe(expected.length);
    const worst = actual.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i])), 0);
    // JPEG decoders may differ by a few levels; nothing else may differ.
    expect(worst).toBeLessThanOrEqual(file.endsWith('.jpg') ? 3 : 0);
  });
});

describe("other models' resizes give the pixels of PIL", () => {
  const resized = readSafetensors(readFileSync(fixture('resize.safetensors'))).tensors;
  test.each([...resized.keys()])('%s', async (key) => {
    const [file, resize, interpolation, size] = key.split(' ');
    const options = { resize, interpolation, size: Number(size) } as PreprocessOptions;
    const pixels = preprocess(await decodeImage(fixture(`images/${file}`)), { ...options, transform: 'clip' });
    expect(Buffer.compare(pixels, resized.get(key)!.bytes)).toBe(0);
  });
});

test("imagePlanes normalizes with the model's means and deviations", () => {
  const image: RawImage = { width: 1, height: 1, channels: 3, data: Uint8Array.of(0, 51, 255) };
  const plain = imagePlanes(image, { transform: 'clip', size: 1, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.25] });
  expect([...plain]).toEqual([-1, Math.fround(Math.fround(Math.fround(0.2) - 0.5) / 0.5), 2]);
  const openAi = normalizePixels(Uint8Array.of(0, 51, 255));
  expect(imagePlanes(image, { transform: 'clip', size: 1 })).toEqual(openAi);
});

describe('preprocess', () => {
  const rgb = (width: number, height: number): RawImage => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 251);
    return { width, height, channels: 3, data };
  };

  test('gives a grey image and an opaque grey one the pixels of their RGB version', () => {
    const gray = Uint8Array.from({ length: 17 * 11 }, (_, i) => (i * 37) % 251);
    const run = (channels: RawImage['channels'], pixel: (value: number) => number[]) =>
      preprocess(
        { width: 17, height: 11, channels, data: Uint8Array.from([...gray].flatMap(pixel)) },
        { transform: 'clip', size: 8 },
      );
    const expected = run(3, (value) => [value, value, value]);
    expect(run(1, (value) => [value])).toEqual(expected);
    expect(run(2, (value) => [value, 255])).toEqual(expected);
  });

  test('leaves an image of the right size alone, planes instead of pixels', () => {
    const image = rgb(5, 5);
    const planes = preprocess(image, { transform: 'clip', size: 5 });
    expect(planes[0 * 25 + 7]).toBe(image.data[7 * 3]);
    expect(planes[2 * 25 + 24]).toBe(image.data[24 * 3 + 2]);
  });

  test('pads from the target ratio on', () => {
    const run = (targetRatio?: number) => preprocess(rgb(20, 10), { transform: 'targetpad', size: 10, targetRatio });
    expect(run(2.5)).toEqual(preprocess(rgb(20, 10), { transform: 'clip', size: 10 }));
    expect(run()).toEqual(run(1.25));
    expect(run(1)).toEqual(preprocess(rgb(20, 10), { transform: 'squarepad', size: 10 }));
  });

  test('refuses what is inconsistent', () => {
    const image = rgb(4, 4);
    const options = { transform: 'clip', size: 8 } as const;
    expect(() => preprocess({ ...image, width: 5 }, options)).toThrow('5 x 4 x 3 = 60 values, found 48');
    expect(() => preprocess({ ...image, width: 0 }, options)).toThrow('0 x 4');
    expect(() => preprocess({ ...image, channels: 5 as 4 }, options)).toThrow('1 to 4 channels, found 5');
    expect(() => preprocess({ ...image, paletteFirst: [0] }, options)).toThrow('3 values in paletteFirst, found 1');
    expect(() => preprocess({ ...image, padding: [0] }, options)).toThrow('3 values in padding, found 1');
    expect(() => preprocess(image, { ...options, size: 0.5 })).toThrow('size: expected a positive integer');
    expect(() => preprocess(image, { ...options, targetRatio: 0.5 })).toThrow('targetRatio: expected 1 or more');
    expect(() => preprocess(image, { ...options, transform: 'crop' as 'clip' })).toThrow('found "crop"');
    expect(() => preprocess(image, { ...options, resize: 'longest' as 'squash' })).toThrow(
      'resize: expected shortest, squash, found "longest"',
    );
    expect(() => preprocess(image, { ...options, interpolation: 'lanczos' as 'bicubic' })).toThrow('found "lanczos"');
  });
});

test('normalizePixels writes into a part of a batch', () => {
  const batch = new Float32Array(2 * 3);
  normalizePixels(Uint8Array.of(0, 128, 255), batch.subarray(3));
  expect([...batch.subarray(0, 3)]).toEqual([0, 0, 0]);
  expect(batch[3]).toBeCloseTo(-0.48145466 / 0.26862954, 6);
  expect(batch[5]).toBeCloseTo((1 - 0.40821073) / 0.27577711, 6);
  expect(() => normalizePixels(new Uint8Array(4))).toThrow('three planes');
  expect(() => normalizePixels(new Uint8Array(3), new Float32Array(6))).toThrow('found 3 and 6');
});

describe('decodeImage names the file at fault', () => {
  test('a missing one', async () => {
    await expect(decodeImage('no/such/image.jpg')).rejects.toThrow(/no\/such\/image\.jpg: cannot be read.*ENOENT/);
  });

  test('bytes that are no image', async () => {
    const html = new TextEncoder().encode('<html>404</html>');
    await expect(decodeImage(html, 'B0001.jpg')).rejects.toThrow(
      'B0001.jpg: cannot be read as an image: it is a web page',
    );
    const pointer = Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:1');
    await expect(decodeImage(pointer, 'B0002.jpg')).rejects.toThrow('it is a pointer of Git LFS');
    await expect(decodeImage(new Uint8Array(), 'B0003.jpg')).rejects.toThrow('it is an empty file');
    await expect(decodeImage(new Uint8Array(0), 'empty.png')).rejects.toThrow('empty.png: cannot be read');
  });
});
