// What a page shows, taken straight to the device: the pixels that `decodeImage` would read. Node has none of this, and
// is told so.
import {
  channelsLast,
  decodeImage,
  imagePlanes,
  type PageImage,
  type PreprocessOptions,
  type RawImage,
} from '@webcir/clip';
import { compile, input, openDevice, scale } from '@webcir/kernels';
import { uniform } from '@webcir/kernels/cases';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceImages } from '../src/device-images.ts';
import { Retriever } from '../src/index.ts';
import { images as galleryImages, model, tokenizer } from './small.ts';

const isPage = typeof createImageBitmap === 'function';
const device = await openDevice();
afterAll(() => device.close());

const options: PreprocessOptions = { transform: 'targetpad', size: 16 };
const [width, height] = [33, 17];
let images: DeviceImages;
beforeAll(async () => {
  images = await DeviceImages.create(device, options);
});

/** Random RGBA, opaque or with every alpha there is. */
function pixels(isOpaque: boolean): Uint8ClampedArray<ArrayBuffer> {
  const random = uniform(9);
  return Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) =>
    i % 4 === 3 && isOpaque ? 255 : random() * 256,
  );
}

const raw = (data: Uint8ClampedArray, [w, h]: readonly number[] = [width, height]): RawImage => {
  const isOpaque = data.every((value, i) => i % 4 < 3 || value === 255);
  return isOpaque
    ? { width: w, height: h, channels: 3, data: data.filter((_, i) => i % 4 < 3) }
    : { width: w, height: h, channels: 4, data };
};

async function onDevice(image: PageImage): Promise<Uint32Array> {
  const { size } = options;
  const program = await compile(device, { outputs: { seen: scale(input('pixels', [1, size, size, 3]), 1) } });
  const { seen } = await program.runAndRead({ pixels: await images.writer(image) }, ['seen']);
  program.dispose();
  return new Uint32Array(seen.buffer);
}

function onCpu(image: RawImage): Uint32Array {
  const made = new Float32Array(3 * options.size ** 2);
  channelsLast(imagePlanes(image, options), options.size, made);
  return new Uint32Array(made.buffer);
}

function offscreen(data: Uint8ClampedArray<ArrayBuffer>): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

function htmlCanvas(data: Uint8ClampedArray<ArrayBuffer>): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

async function htmlImage(file: Blob): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  await image.decode();
  return image;
}

const kinds: Record<string, (data: Uint8ClampedArray<ArrayBuffer>) => Promise<PageImage> | PageImage> = {
  ImageData: (data) => new ImageData(data, width, height),
  OffscreenCanvas: offscreen,
  HTMLCanvasElement: htmlCanvas,
  ImageBitmap: (data) => createImageBitmap(new ImageData(data, width, height)),
  'ImageBitmap, not premultiplied': (data) =>
    createImageBitmap(new ImageData(data, width, height), { premultiplyAlpha: 'none' }),
  HTMLImageElement: async (data) => htmlImage(await offscreen(data).convertToBlob({ type: 'image/png' })),
  VideoFrame: (data) => frame(data),
};

const frame = (data: Uint8ClampedArray<ArrayBuffer>, init: object = {}): VideoFrame =>
  new VideoFrame(data, { timestamp: 0, format: 'RGBA', codedWidth: width, codedHeight: height, ...init });

describe.runIf(isPage)('writer gives the pixels that the CPU makes of', () => {
  describe.each(Object.keys(kinds))('an %s', (kind) => {
    it.each([
      ['opaque', true],
      ['transparent', false],
    ])('that is %s', async (_, isOpaque) => {
      const data = pixels(isOpaque);
      expect(await onDevice(await kinds[kind](data))).toEqual(onCpu(raw(data)));
    });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('an element turned by the EXIF orientation %i of its file', async (orientation) => {
    const jpeg = await offscreen(pixels(true)).convertToBlob({ type: 'image/jpeg', quality: 0.9 });
    const header = [0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1];
    const entry = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    const file = new Blob([jpeg.slice(0, 2), Uint8Array.from([...header, ...entry]), jpeg.slice(2)]);
    const decoded = await decodeImage(file);
    expect(decoded.width).toBe(orientation < 5 ? width : height);
    expect(await onDevice(await htmlImage(file))).toEqual(onCpu(decoded));
  });

  it.each([0, 90, 180, 270])('a frame of odd sizes, cut and turned by %i degrees', async (rotation) => {
    const data = pixels(true);
    const rect = { x: 5, y: 3, width: 21, height: 9 };
    for (const flip of [false, true]) {
      const turned = frame(data, { format: 'RGBX', visibleRect: rect, rotation, flip });
      const sides = rotation % 180 === 0 ? [21, 9] : [9, 21];
      const shown = new Uint8ClampedArray(4 * 21 * 9);
      for (let y = 0; y < sides[1]; y++) {
        for (let x = 0; x < sides[0]; x++) {
          const across = flip ? sides[0] - 1 - x : x;
          const [u, v] = { 0: [across, y], 90: [y, 8 - across], 180: [20 - across, 8 - y], 270: [20 - y, across] }[
            rotation
          ] as [number, number];
          const at = 4 * ((v + rect.y) * width + u + rect.x);
          shown.set([...data.subarray(at, at + 3), 255], 4 * (y * sides[0] + x));
        }
      }
      expect(await onDevice(turned)).toEqual(onCpu(raw(shown, sides)));
      turned.close();
    }
  });

  it('a video of odd sizes', async () => {
    const data = pixels(true);
    const canvas = htmlCanvas(data);
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: canvas.captureStream(30) });
    expect(video.videoWidth).toBe(0);
    await expect(images.writer(video)).rejects.toThrow(
      'HTMLVideoElement: expected an image with pixels, found 0 x 0: it has not been loaded yet, or it is closed',
    );
    // A canvas's stream has a frame when it is drawn on.
    const drawing = setInterval(
      () => canvas.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0),
      30,
    );
    await video.play();
    clearInterval(drawing);
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.drawImage(video, 0, 0);
    const shown = context.getImageData(0, 0, width, height).data;
    expect(await onDevice(video)).toEqual(onCpu(raw(shown)));
  });
});

describe.runIf(isPage)('writer refuses', () => {
  it('a closed bitmap', async () => {
    const bitmap = await createImageBitmap(new ImageData(2, 2));
    bitmap.close();
    await expect(images.writer(bitmap)).rejects.toThrow('ImageBitmap: expected an image with pixels, found 0 x 0');
  });

  it('an image that is larger than textures are', async () => {
    const side = device.gpu.limits.maxTextureDimension2D + 1;
    await expect(images.writer(new ImageData(side, 1))).rejects.toThrow(
      `ImageData: ${side} x 1 pixels are more than the maxTextureDimension2D of this device (${side - 1})`,
    );
  });
});

it.runIf(isPage)('a retriever is asked with what a page shows', async () => {
  const retriever = await Retriever.load({ clip: model, tokenizer, device });
  const gallery = await retriever.index(galleryImages);
  for (const [kind, make] of Object.entries(kinds)) {
    const data = pixels(true);
    const [image, text] = [await make(data), 'is longer'];
    const expected = await retriever.search(gallery, { image: raw(data), text });
    expect(await retriever.search(gallery, { image, text }), kind).toEqual(expected);
    const one = await retriever.index([['one', image]]);
    expect(one.features).toEqual((await retriever.index([['one', raw(data)]])).features);
    await one.dispose();
    if (image instanceof VideoFrame) image.close();
  }
  const file = await offscreen(pixels(true)).convertToBlob({ type: 'image/png' });
  const query = { image: file, text: 'is longer' };
  expect(await retriever.search(gallery, query)).toEqual(
    await retriever.search(gallery, { ...query, image: raw(pixels(true)) }),
  );
  await gallery.dispose();
  await retriever.dispose();
});

it('what is no image is refused, in Node, too', async () => {
  await expect(images.writer({} as PageImage)).rejects.toThrow(
    'Object: expected an image with pixels, found undefined',
  );
});
