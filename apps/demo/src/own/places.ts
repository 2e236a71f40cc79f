import { seededRandom } from '@webcir/data';
import type { Gallery } from 'webcir';

/** Images near each image that its place depends on. */
const NEIGHBOURS = 15;
/** How long the page may be busy at once, in milliseconds. */
const BUSY = 30;

/** Places on the map for the images of a gallery, [ids, 2]: by exact neighbours, found on the device. */
export async function placesOf({ ids, features, index }: Gallery): Promise<Float32Array> {
  const { layOut } = await import('../layout.mjs');
  const { k, indices, scores } = await index.search(features, Math.min(NEIGHBOURS + 1, ids.length));
  let since = performance.now();
  const pause = async () => {
    if (performance.now() - since < BUSY) return;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  };
  return layOut({ count: ids.length, k, indices, scores, random: seededRandom(1) }, pause);
}
