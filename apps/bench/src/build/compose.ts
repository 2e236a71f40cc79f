import type { Tokenizer } from '@webcir/clip';
import type { Device } from '@webcir/kernels';
import { type Query, Retriever } from '@webcir/retrieval';
import { numbers } from '../measure/numbers.ts';
import type { Built } from './built.ts';
import { captions } from './captions.ts';
import { configs, seededClip } from './models.ts';

/** What queries are made of: a picture comes as pixels, as if it had just been uploaded. */
export type QueryKind = 'text' | 'id + text' | 'picture + text';

export interface ComposeSizes {
  readonly kind: QueryKind;
  /** How many queries are composed together. */
  readonly atOnce: number;
}

/** Queries that one run composes, however many of them at once. */
export const composedQueries = 32;

/** Query features with the sizes of the embedded set's CLIP, of captions with FashionIQ's lengths. */
export async function buildCompose(device: Device, { kind, atOnce }: ComposeSizes): Promise<Built> {
  const config = configs.embedded;
  const retriever = await Retriever.load({ device, clip: seededClip(config), tokenizer: numberTokenizer(config) });
  const pictures = Array.from({ length: composedQueries }, (_, i) => picture(`picture ${i}`, 28));
  const gallery = await retriever.index(pictures.map((image, i) => [`${i}`, image] as const));
  const texts = captions(composedQueries, config.vocabularySize).map((rows) => rows.slice(1, -1).join(' '));
  // In an order of their own: queries do not come sorted by length.
  const queries = texts.map((_, i): Query => {
    const text = texts[(i * 13) % composedQueries];
    if (kind === 'text') return { text };
    return { text, image: kind === 'id + text' ? `${i}` : pictures[i] };
  });
  return {
    async run(times) {
      for (let i = 0; i < times; i++) {
        for (let first = 0; first < composedQueries; first += atOnce)
          await retriever.compose(queries.slice(first, first + atOnce), gallery);
      }
    },
    async dispose() {
      await gallery.dispose();
      await retriever.dispose();
    },
  };
}

/** A tokenizer whose texts are the token ids. */
function numberTokenizer({ vocabularySize }: { readonly vocabularySize: number }): Tokenizer {
  return {
    vocabularySize,
    startOfText: vocabularySize - 2,
    endOfText: vocabularySize - 1,
    encode: (text) => text.split(' ').map(Number),
    tokenize: (text) => Uint32Array.from(text.split(' '), Number),
    decode: (ids) => [...ids].join(' '),
  };
}

function picture(name: string, size: number) {
  const data = Uint8Array.from(numbers(name, 3 * size * size), (value) => 128 * (value + 1));
  return { width: size, height: size, channels: 3, data } as const;
}
