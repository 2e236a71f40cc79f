import type { ClipModel } from '@webcir/clip';
import { Retriever } from 'webcir';
import type { Pictures } from '../pack.ts';
import { type Session, tokenizer } from '../session.ts';
import { placesOf } from './places.ts';

/**
 * Searches pictures with a CLIP that the visitor brought: they are encoded anew, and queries are the plain sum.
 * @throws what `Retriever.load` does; what `signal` is aborted with
 */
export async function openWithClip(
  { ids, tiles }: Pictures,
  clip: ClipModel,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Session> {
  const retriever = await Retriever.load({ clip, tokenizer: await tokenizer() });
  async function* pictures(): AsyncGenerator<readonly [string, OffscreenCanvas]> {
    for (const [row, id] of ids.entries()) {
      signal.throwIfAborted();
      onProgress(row, ids.length);
      yield [id, await tiles.picture(row)];
    }
  }
  try {
    const gallery = await retriever.index(pictures());
    const places = await placesOf(gallery);
    const fingerprint = await gallery.fingerprint();
    const features = { images: gallery.features, fingerprint, captions: undefined, places };
    return { clip, combiner: undefined, set: undefined, retriever, gallery, features };
  } catch (error) {
    await retriever.dispose();
    throw error;
  }
}
