import { type Alpha, drawnImage, type PageImage, type RawImage } from '@webcir/clip';

/** A texture of a host application, on the device that searches. */
export interface HostTexture {
  /** `rgba8unorm` or `bgra8unorm`, also `-srgb`, that may be bound (TEXTURE_BINDING) or copied (COPY_SRC). */
  readonly texture: GPUTexture;
  /** What its alpha says: nothing ('opaque') unless given, as in a canvas's configuration. */
  readonly alpha?: Alpha;
}

/** Pixels in a buffer of a host application, on the device that searches. */
export interface HostPixels {
  /** May be copied (COPY_SRC). */
  readonly buffer: GPUBuffer;
  /** Where the pixels begin: a multiple of 4 bytes, 0 unless given. */
  readonly offset?: number;
  readonly width: number;
  readonly height: number;
  /** As in `HostTexture`. */
  readonly alpha?: Alpha;
}

/** An image on the device already. In a buffer, its rows lie close together, red, green, blue and alpha a byte each. */
export type HostImage = GPUTexture | HostTexture | HostPixels;

/** Whether an image is on the device already. */
export const isHostImage = (image: object): image is HostImage =>
  'createView' in image || 'texture' in image || 'buffer' in image;

/**
 * Size of a page's image in pixels, as it is shown: turned as its file or frame says.
 * @throws RangeError for one without pixels
 */
export function shownSize(image: PageImage): { readonly width: number; readonly height: number } {
  const [width, height] = sidesOf(image);
  if (width > 0 && height > 0) return { width, height };
  throw new RangeError(
    `${image.constructor.name}: expected an image with pixels, found ${width} x ${height}: ` +
      'it has not been loaded yet, or it is closed',
  );
}

function sidesOf(image: PageImage): [number, number] {
  if ('naturalWidth' in image) return [image.naturalWidth, image.naturalHeight];
  if ('videoWidth' in image) return [image.videoWidth, image.videoHeight];
  if ('displayWidth' in image) return [image.displayWidth, image.displayHeight];
  return [image.width, image.height];
}

/** The pixels of a page's image, read into the page's memory. @throws RangeError for one without pixels */
export const readPageImage = (image: PageImage): RawImage => drawnImage(image, shownSize(image));

/**
 * Queues the pixels of a page's image for a texture. They arrive multiplied by alpha, rounded as Pillow rounds.
 *
 * Videos are drawn on a canvas first, in the size in which they are shown. A copy from the frame itself would leave it
 * to the browser whether it is turned, and Chromium makes none where it draws in software.
 * @param texture rgba8unorm of the image's size, that may be copied to and rendered to
 */
export function copyToTexture(queue: GPUQueue, image: PageImage, texture: GPUTexture): void {
  const { width, height } = texture;
  let source: Exclude<PageImage, HTMLVideoElement | VideoFrame>;
  if ('videoWidth' in image || 'displayWidth' in image) {
    source = new OffscreenCanvas(width, height);
    source.getContext('2d')!.drawImage(image, 0, 0, width, height);
  } else source = image;
  queue.copyExternalImageToTexture({ source }, { texture, premultipliedAlpha: true, colorSpace: 'srgb' }, [
    width,
    height,
  ]);
}
