import { imagePlanes, type PreprocessOptions, type RawImage } from '@webcir/clip';
import { createImagePool } from '@webcir/clip/node';

/** What images are read from: a data set, or files. */
export interface Images {
  /** Decodes an image. */
  image(id: string): Promise<RawImage>;
  /** Path of an image's file; undefined where it is held in memory. */
  file(id: string): string | undefined;
}

/** An image as the encoder takes it: normalized planes [3, size, size]. */
export async function planesOf(dataset: Images, id: string, options: PreprocessOptions): Promise<Float32Array> {
  return imagePlanes(await dataset.image(id), options);
}

/** Images of a data set as `planesOf` gives them; those in files are decoded and preprocessed in threads. */
export interface PlanesSource {
  planes(id: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Opens a data set's images for encoding; `close` ends the threads. */
export function openPlanes(dataset: Images, options: PreprocessOptions): PlanesSource {
  const pool = createImagePool(options);
  return {
    async planes(id) {
      const file = dataset.file(id);
      return file === undefined ? planesOf(dataset, id, options) : pool.planes(file);
    },
    close: () => pool.close(),
  };
}
