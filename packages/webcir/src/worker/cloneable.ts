import type { PageImage } from '@webcir/clip';
import { readPageImage } from '@webcir/retrieval';

/** Images that a worker cannot be sent: their pixels are. */
const ELEMENTS = ['HTMLImageElement', 'HTMLCanvasElement', 'HTMLVideoElement', 'OffscreenCanvas'];
const ON_DEVICE = ['GPUTexture', 'GPUBuffer'];

/**
 * What can be sent to a worker in the place of a query or an image.
 * @throws TypeError for what lies on a device of the page's
 */
export function cloneable<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneable) as T;
  const { name } = value.constructor;
  if (ELEMENTS.includes(name)) return readPageImage(value as unknown as PageImage) as T;
  if (ON_DEVICE.includes(name))
    throw new TypeError(`a ${name} is on the page's device, where a worker has none: load the retriever in the page`);
  if (name !== 'Object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cloneable(item)])) as T;
}
