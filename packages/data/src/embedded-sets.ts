import type { RawImage } from '@webcir/clip';
import { attributeKey, type FashionCategory } from './attributes.ts';
import { describe } from './describe.ts';
import { describeEmoji } from './emoji.ts';
import { readGreyImages } from './grey-images.ts';
import type { Random } from './random.ts';
import { readWebpSequence } from './webp-sequence.ts';

/** The embedded data sets by name: Fashion-MNIST's clothes, in grey, and emoji, in colour. */
export const EMBEDDED_DATASETS = ['fmnist-cir', 'emoji-cir'] as const;

/** One of `EMBEDDED_DATASETS`. */
export type EmbeddedName = (typeof EMBEDDED_DATASETS)[number];

/** Decodes an image file; the name is for errors. */
export type DecodeFile = (file: Uint8Array<ArrayBuffer>, name: string) => Promise<RawImage>;

/** Images out of one file. */
export interface StoredImages {
  readonly count: number;
  image(index: number): Promise<RawImage>;
}

/** What differs between the embedded data sets. */
export interface EmbeddedSet {
  /** Name of the file of images, for errors. */
  readonly imagesFile: string;
  readImages(file: Uint8Array, decode: DecodeFile): Promise<StoredImages>;
  /** As `EmbeddedDataset.attributeKey`. */
  keyOf(category: string, attributes: Readonly<Record<string, string>>): string | undefined;
  /** As `EmbeddedDataset.describe`. */
  describe(category: string, attributes: Readonly<Record<string, string>>, random: Random): string;
}

const idxFile = 'images-idx3-ubyte.gz';
const webpFile = 'images.webps';

export const embeddedSets: Readonly<Record<EmbeddedName, EmbeddedSet>> = {
  'fmnist-cir': {
    imagesFile: idxFile,
    readImages: (file) => readGreyImages(file, idxFile, 28),
    keyOf: (category, attributes) => attributeKey(category as FashionCategory, attributes),
    describe: (category, attributes, random) => describe(category as FashionCategory, attributes, random),
  },
  'emoji-cir': {
    imagesFile: webpFile,
    async readImages(file, decode) {
      const files = readWebpSequence(file as Uint8Array<ArrayBuffer>, webpFile);
      return { count: files.length, image: (index) => decode(files[index], `${webpFile}, image ${index}`) };
    },
    keyOf: (_, attributes) => Object.values(attributes).join(' / '),
    describe: (_, attributes, random) => describeEmoji(attributes, random),
  },
};
