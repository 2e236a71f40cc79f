// Images decoded by the page's platform, against pixels that are known. Node has its own decoder, see
// preprocess.test.ts.
import { expect, it } from 'vitest';
import { decodeImage } from '../src/index.ts';

/** Whether this is a page: Node lacks what is tested here. */
const isPage = typeof createImageBitmap === 'function';
const png = async (pixels: readonly number[], width: number, height: number): Promise<Blob> => {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(new ImageData(Uint8ClampedArray.from(pixels), width, height), 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
};

it.runIf(isPage)('an opaque image has three channels, and its own values', async () => {
  const file = await png([255, 0, 0, 255, 1, 2, 3, 255, 200, 100, 50, 255, 9, 8, 7, 255], 2, 2);
  const { width, height, channels, data } = await decodeImage(file);
  expect([width, height, channels]).toEqual([2, 2, 3]);
  expect([...data]).toEqual([255, 0, 0, 1, 2, 3, 200, 100, 50, 9, 8, 7]);
});

it.runIf(isPage)('a transparent one keeps its alpha', async () => {
  const { channels, data } = await decodeImage(await png([255, 0, 0, 255, 0, 0, 255, 128], 2, 1));
  expect(channels).toBe(4);
  expect([data[3], data[7]]).toEqual([255, 128]);
});

it('a file that is no image is refused by its name', async () => {
  const file = new File(['<html>404</html>'], 'dress.jpg');
  if (isPage) await expect(decodeImage(file)).rejects.toThrow('dress.jpg is no image that can be decoded here');
  else await expect(decodeImage(file)).rejects.toThrow('createImageBitmap');
});
