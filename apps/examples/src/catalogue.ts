import type { RawImage } from '@webcir/clip';
import { openEmbedded } from '@webcir/data';
import annotations from '@webcir/embedded/data/annotations.json.gz?url';
import images from '@webcir/embedded/data/images-idx3-ubyte.gz?url';

/** Photos of dresses by id: the first of the embedded set's. */
export async function catalogue(count: number): Promise<Map<string, RawImage>> {
  const bytes = async (address: string) => new Uint8Array(await (await fetch(address)).arrayBuffer());
  const set = await openEmbedded({ images: await bytes(images), annotations: await bytes(annotations) });
  const ids = set.gallery('test', 'dress').slice(0, count);
  return new Map(await Promise.all(ids.map(async (id) => [id, await set.image(id)] as const)));
}

/** A photo on a canvas. */
export function drawn({ width, height, data }: RawImage): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const shown = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) shown.data.set([...data.subarray(3 * i, 3 * i + 3), 255], 4 * i);
  canvas.getContext('2d')!.putImageData(shown, 0, 0);
  return canvas;
}

/** Photos of one size on one canvas, row by row. */
export function atlasOf(photos: readonly RawImage[], columns: number): HTMLCanvasElement {
  const [{ width, height }] = photos;
  const size = { width: width * columns, height: height * Math.ceil(photos.length / columns) };
  const atlas = Object.assign(document.createElement('canvas'), size);
  const pen = atlas.getContext('2d')!;
  for (const [i, photo] of photos.entries())
    pen.drawImage(drawn(photo), width * (i % columns), height * Math.floor(i / columns));
  return atlas;
}
