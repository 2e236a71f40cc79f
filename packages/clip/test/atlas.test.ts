import sharp from 'sharp';
import { expect, it } from 'vitest';
import { compressAtlas } from '../src/node.ts';
import type { RawImage } from '../src/preprocess/image.ts';

const plain = (width: number, height: number, ...colour: number[]): RawImage => ({
  width,
  height,
  channels: colour.length as RawImage['channels'],
  data: Uint8Array.from({ length: width * height * colour.length }, (_, i) => colour[i % colour.length]),
});

it('an atlas has every image in the middle of its square, on white', async () => {
  const images = [plain(8, 8, 200, 0, 0), plain(40, 20, 0, 0, 200, 255), plain(4, 4, 90), plain(6, 6, 0, 200, 0, 0)];
  const webp = await compressAtlas(
    images.map((image) => async () => image),
    { tile: 16, columns: 3 },
  );
  const { data, info } = await sharp(webp).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.format, info.width, info.height, info.channels]).toEqual(['raw', 48, 32, 3]);
  const pixel = (x: number, y: number) => [...data.subarray(3 * (48 * y + x), 3 * (48 * y + x) + 3)];
  const near = (found: number[], expected: number[]) => {
    for (const [i, value] of expected.entries()) expect(Math.abs(found[i] - value)).toBeLessThan(24);
  };
  near(pixel(8, 8), [200, 0, 0]); // enlarged to its square
  near(pixel(2, 13), [200, 0, 0]);
  near(pixel(24, 8), [0, 0, 200]); // half as high as wide
  near(pixel(24, 1), [255, 255, 255]);
  near(pixel(40, 8), [90, 90, 90]); // grey
  near(pixel(8, 24), [255, 255, 255]); // transparent
  near(pixel(40, 24), [255, 255, 255]); // no image
  await expect(compressAtlas([], { tile: 16, columns: 3 })).rejects.toThrow('expected at least one image, found none');
});
