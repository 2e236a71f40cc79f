import type { RawImage } from '@webcir/clip';
import * as z from 'zod';
import {
  type Attributes,
  attributeKey,
  attributeNames,
  attributeValues,
  type FashionCategory,
  fashionCategories,
} from './attributes.ts';
import { describe } from './describe.ts';
import { readIdx } from './idx.ts';
import { parseJson } from './json.ts';
import { accessTo } from './parts.ts';
import type { Random } from './random.ts';
import type { CirDataset, Triplet } from './types.ts';

/** Content of `annotations.json.gz`. */
export interface Annotations {
  readonly name: 'fmnist-cir';
  readonly attributeValues: Readonly<Record<string, readonly string[]>>;
  /** One block per split and category; images are stored in the order of the blocks. */
  readonly blocks: AnnotationBlock[];
}

export interface AnnotationBlock {
  readonly split: 'train' | 'val' | 'test';
  readonly category: FashionCategory;
  readonly ids: string[];
  /** One character per image for each attribute: the position of its value in `attributeValues`, or `-`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly triplets: readonly {
    readonly reference: string;
    readonly target: string;
    readonly changed: (typeof attributeNames)[number][];
    readonly captions: [string, string];
    readonly group?: string[];
  }[];
}

const annotationsSchema: z.ZodType<Annotations> = z.object({
  name: z.literal('fmnist-cir'),
  attributeValues: z.record(z.string(), z.array(z.string()).readonly()),
  blocks: z.array(
    z.object({
      split: z.enum(['train', 'val', 'test']),
      category: z.enum(['dress', 'shirt', 'toptee']),
      ids: z.array(z.string()),
      attributes: z.record(z.string(), z.string()),
      triplets: z.array(
        z.object({
          reference: z.string(),
          target: z.string(),
          changed: z.array(z.enum(attributeNames)),
          captions: z.tuple([z.string(), z.string()]),
          group: z.array(z.string()).length(6).optional(),
        }),
      ),
    }),
  ),
});

/** The two files of @webcir/embedded: gzipped, or as a web server that says `Content-Encoding: gzip` hands them over. */
export interface EmbeddedFiles {
  images: Uint8Array;
  annotations: Uint8Array;
}

/** The embedded data set `fmnist-cir`: real product photos of 28 x 28 grey pixels with measured attributes. */
export interface EmbeddedDataset extends CirDataset {
  name: 'fmnist-cir';
  categories: readonly FashionCategory[];
  /** `[28 * 28]` photo levels, 0 is black; throws for an unknown id. */
  photo(id: string): Uint8Array;
  /** The known attributes of an image. */
  attributes(id: string): Attributes;
  /** A key that is equal for images that every caption fits equally; `undefined` if an attribute could not be told. */
  attributeKey(id: string): string | undefined;
  /** A caption for stage 0, drawn anew at each call. */
  describe(id: string, random: Random): string;
}

const side = 28;

/**
 * Opens the embedded data set from the bytes of its two files, in Node or a browser.
 * @throws when a file is cut short or does not belong to the other
 */
export async function openEmbedded(files: EmbeddedFiles): Promise<EmbeddedDataset> {
  const [idxBytes, jsonBytes] = await Promise.all([gunzip(files.images), gunzip(files.annotations)]);
  const { shape, data } = readIdx(idxBytes, 'images-idx3-ubyte.gz');
  const name = 'annotations.json.gz';
  const { blocks } = parseJson(new TextDecoder().decode(jsonBytes), annotationsSchema, name);
  const ids = blocks.flatMap((block) => block.ids);
  if (shape.length !== 3 || shape[0] !== ids.length || shape[1] !== side || shape[2] !== side) {
    throw new Error(`images-idx3-ubyte.gz: shape [${shape}], but ${name} lists ${ids.length} images of 28 x 28`);
  }
  const known = new Map<string, { index: number; category: FashionCategory; attributes: Attributes; key?: string }>();
  for (const { category, ids, attributes: columns } of blocks) {
    ids.forEach((id, row) => {
      const attributes: Attributes = {};
      for (const attribute of attributeNames) {
        const digit = columns[attribute]?.[row] ?? '-';
        if (digit !== '-') attributes[attribute] = attributeValues[attribute][Number(digit)];
      }
      known.set(id, { index: known.size, category, attributes, key: attributeKey(category, attributes) });
    });
  }
  const entry = (id: string) => {
    const found = known.get(id);
    if (!found) throw new Error(`fmnist-cir has no image "${id}"`);
    return found;
  };
  const photo = (id: string) => {
    const { index } = entry(id);
    return data.subarray(index * side * side, (index + 1) * side * side).map((ink) => 255 - ink);
  };
  const parts = blocks.map((block) => ({
    split: block.split,
    category: block.category,
    gallery: block.ids,
    triplets: toTriplets(block, (id) => entry(id).key),
  }));
  return {
    ...accessTo('fmnist-cir', parts),
    name: 'fmnist-cir',
    categories: fashionCategories,
    uses: { train: 'train', validation: 'val', test: 'test' },
    image: async (id) => greyToRgb(photo(id)),
    file: () => undefined,
    version: async (id) => String(entry(id).index), // its place in a file that does not change
    photo,
    attributes: (id) => entry(id).attributes,
    attributeKey: (id) => entry(id).key,
    describe: (id, random) => describe(entry(id).category, entry(id).attributes, random),
  };
}

function toTriplets(block: AnnotationBlock, keyOf: (id: string) => string | undefined): Triplet[] {
  const { split, category, ids, triplets } = block;
  const byKey = new Map<string, string[]>();
  for (const id of ids) {
    const key = keyOf(id);
    if (key) byKey.set(key, [...(byKey.get(key) ?? []), id]);
  }
  return triplets.map(({ reference, target, captions, group }, i) => ({
    id: `${category}-${split}-${i}`,
    category,
    reference,
    target,
    captions,
    targets: byKey.get(keyOf(target) ?? '') ?? [target],
    ...(group && { group }),
  }));
}

function greyToRgb(grey: Uint8Array): RawImage {
  const data = new Uint8Array(grey.length * 3);
  grey.forEach((level, i) => {
    data.fill(level, 3 * i, 3 * i + 3);
  });
  return { width: side, height: side, channels: 3, data };
}

/** Unpacks gzip with the API that browsers and Node share. What a web server has unpacked already stays as it is. */
async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
