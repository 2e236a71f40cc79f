import { readFloat32 } from '@webcir/clip';
import { fetched, openWeights } from './fetched.ts';
import type { Captions } from './suggestions.ts';
import { Tiles } from './tiles.ts';

/** The sets of pictures that come with the page. */
export const PACKS = ['emoji-cir', 'fmnist-cir'] as const;

/** A query whose right answer is known. */
export interface KnownQuery {
  readonly reference: number;
  readonly target: number;
  readonly text: string;
}

/** Pictures to be searched, as far as they can be shown without a model. */
export interface Pictures {
  readonly name: string;
  readonly title: string;
  /** Whose pictures they are. */
  readonly credit: string;
  readonly ids: readonly string[];
  /** What each shows, in words. */
  readonly labels: readonly string[];
  readonly tiles: Tiles;
  readonly queries: readonly KnownQuery[];
  /** The score that all but one in twenty right answers reach: below it, nothing fits. */
  readonly fitting: number | undefined;
}

/** What was computed of pictures before. */
export interface Features {
  /** [ids, embed] */
  readonly images: Float32Array;
  readonly fingerprint: string;
  readonly captions: Captions | undefined;
  /** Places on the map, [ids, 2]. */
  readonly places: Float32Array;
}

/** A set of pictures that comes with the page (scripts/make-pack.mjs). */
export interface Pack {
  readonly pictures: Pictures;
  features(): Promise<Features>;
}

/** The address of a file of a set: besides what is read here, clip.safetensors and combiner.safetensors. */
export const addressOf = (name: string, file: string) => new URL(`packs/${name}/${file}`, document.baseURI).href;

/** Content of pack.json. */
interface PackFile extends Pick<Pictures, 'name' | 'title' | 'credit' | 'ids' | 'labels' | 'fitting'> {
  readonly atlas: { readonly tile: number; readonly columns: number };
  readonly queries: readonly (readonly [reference: number, target: number, text: string])[];
  readonly captions: readonly (readonly [text: string, references: readonly number[]])[];
}

/** @throws Error naming the address that did not answer */
export async function openPack(name: string): Promise<Pack> {
  const address = (file: string) => addressOf(name, file);
  const file: PackFile = await (await fetched(address('pack.json'))).json();
  const { atlas, queries, captions, ...pictures } = file;
  return {
    pictures: {
      ...pictures,
      tiles: new Tiles(address('atlas.webp'), { ...atlas, count: pictures.ids.length }),
      queries: queries.map(([reference, target, text]) => ({ reference, target, text })),
    },
    async features() {
      const { tensors, metadata } = await openWeights(address('features.safetensors'));
      const values = (tensor: string) => readFloat32(tensors.get(tensor)!);
      return {
        images: await values('images'),
        fingerprint: metadata.get('fingerprint')!,
        captions: {
          texts: captions.map(([text]) => text),
          saidOf: captions.map(([, references]) => references),
          features: await values('captions'),
        },
        places: await values('places'),
      };
    },
  };
}
