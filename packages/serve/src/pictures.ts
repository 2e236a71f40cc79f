import type { ClipConfig, Preprocessing, RawImage } from '@webcir/clip';
import { preprocessOptions } from '@webcir/clip';
import { createImagePool, type ImagePool } from '@webcir/clip/node';
import { invalid } from './errors.ts';
import type { Limits } from './limits.ts';
import type { RemoteImages } from './remote/fetch-image.ts';

/** What is decoded of strangers' files: no drawings, no documents. `heif` is AVIF. */
const formats = ['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff'];

/** Makes images of the encoder's size of what a request holds, in threads. */
export class Pictures {
  readonly #pool: ImagePool;
  readonly #remote: RemoteImages;

  constructor(
    { config, preprocessing }: { readonly config: ClipConfig; readonly preprocessing: Preprocessing },
    remote: RemoteImages,
    { pixels }: Limits,
  ) {
    this.#pool = createImagePool({ ...preprocessOptions(config, preprocessing), maxPixels: pixels, formats });
    this.#remote = remote;
  }

  /**
   * An image of a JSON body.
   * @param text base64, a data URL, or an address
   * @param param the part of the request that has it
   * @throws ApiError naming that part
   */
  async read(text: string, param: string, signal?: AbortSignal): Promise<RawImage> {
    if (!/^https?:/i.test(text)) return this.decode(bytesOf(text, param), param);
    return this.decode(await this.#remote.fetch(text, signal), param);
  }

  /** @throws ApiError naming the part of the request that has these bytes */
  async decode(bytes: Uint8Array, param: string): Promise<RawImage> {
    try {
      return await this.#pool.resized(bytes, param);
    } catch (error) {
      throw invalid('invalid_image', (error as Error).message, param);
    }
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    this.#remote.close();
    await this.#pool.close();
  }
}

const dataUrl = /^data:[\w/+.-]*(?:;[\w=.-]+)*;base64,/i;

/** @throws ApiError where it is neither base64 nor a data URL of base64 */
function bytesOf(text: string, param: string): Uint8Array {
  const base64 = text.replace(dataUrl, '');
  const bytes = Buffer.from(base64, 'base64');
  // Buffer skips what is not base64.
  const length = base64.replace(/=+$/, '').length;
  if (length === 0 || base64.startsWith('data:') || bytes.length !== Math.floor((length * 3) / 4))
    throw invalid(
      'invalid_image',
      `${param}: expected an image as base64, as a data URL of base64, or its address`,
      param,
    );
  return bytes;
}
