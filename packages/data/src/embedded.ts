import * as z from 'zod';
import {
  type DecodeFile,
  EMBEDDED_DATASETS,
  type EmbeddedName,
  type EmbeddedSet,
  embeddedSets,
} from './embedded-sets.ts';
import { gunzip } from './gunzip.ts';
import { parseJson } from './json.ts';
import { accessTo } from './parts.ts';
import type { Random } from './random.ts';
import type { CirDataset, Triplet } from './types.ts';

/** Content of `annotations.json.gz`. */
export interface Annotations {
  readonly name: EmbeddedName;
  /** Values of each attribute, in the order in which their positions count. */
  readonly attributeValues: Readonly<Record<string, readonly string[]>>;
  /** One block per split and category; images are stored in the order of the blocks. */
  readonly blocks: AnnotationBlock[];
}

export interface AnnotationBlock {
  readonly split: 'train' | 'val' | 'test';
  readonly category: string;
  readonly ids: string[];
  /** One character per image for each attribute, as `writeColumns` makes it. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly triplets: readonly {
    readonly reference: string;
    readonly target: string;
    readonly changed: string[];
    readonly captions: string[];
    readonly group?: string[];
  }[];
}

const annotationsSchema: z.ZodType<Annotations> = z.object({
  name: z.enum(EMBEDDED_DATASETS),
  attributeValues: z.record(z.string(), z.array(z.string()).readonly()),
  blocks: z.array(
    z.object({
      split: z.enum(['train', 'val', 'test']),
      category: z.string(),
      ids: z.array(z.string()),
      attributes: z.record(z.string(), z.string()),
      triplets: z.array(
        z.object({
          reference: z.string(),
          target: z.string(),
          changed: z.array(z.string()),
          captions: z.array(z.string()).min(1).max(2),
          group: z.array(z.string()).length(6).optional(),
        }),
      ),
    }),
  ),
});

/**
 * The two files of a package of embedded images, as they lie there; or, where they are gzipped, as a web server that says
 * `Content-Encoding: gzip` hands them over.
 */
export interface EmbeddedFiles {
  images: Uint8Array;
  annotations: Uint8Array;
}

/** An embedded data set, whose images have known attributes. */
export interface EmbeddedDataset extends CirDataset {
  name: EmbeddedName;
  /** The known attributes of an image. @throws for an unknown id, as all that takes one */
  attributes(id: string): Readonly<Record<string, string>>;
  /** A key that is equal for images that every caption fits equally; `undefined` if an attribute could not be told. */
  attributeKey(id: string): string | undefined;
  /** A caption for stage 0, drawn anew at each call. */
  describe(id: string, random: Random): string;
}

/**
 * Opens an embedded data set from the bytes of its two files, in Node or a browser.
 * @param decode for sets whose images are stored as files, which is `emoji-cir`: `decodeImage` of `@webcir/clip/node`, or
 *   `(file, name) => decodeImage(new Blob([file]), name)` in a page
 * @throws when a file is cut short or does not belong to the other
 */
export async function openEmbedded(files: EmbeddedFiles, decode?: DecodeFile): Promise<EmbeddedDataset> {
  const file = 'annotations.json.gz';
  const text = new TextDecoder().decode(await gunzip(files.annotations));
  const { name, attributeValues, blocks } = parseJson(text, annotationsSchema, file);
  const set: EmbeddedSet = embeddedSets[name];
  const images = await set.readImages(files.images, decode ?? missingDecoder(name));
  const count = blocks.reduce((sum, { ids }) => sum + ids.length, 0);
  if (images.count !== count) {
    throw new Error(`${set.imagesFile}: holds ${images.count} images, but ${file} lists ${count} images`);
  }
  const known = new Map<string, KnownImage>();
  for (const { category, ids, attributes: columns } of blocks) {
    ids.forEach((id, row) => {
      const attributes = readRow(columns, row, attributeValues);
      known.set(id, { index: known.size, category, attributes, key: set.keyOf(category, attributes) });
    });
  }
  const entry = (id: string) => {
    const found = known.get(id);
    if (!found) throw new Error(`${name} has no image "${id}"`);
    return found;
  };
  const keyOf = (id: string) => entry(id).key;
  const parts = blocks.map((block) => ({
    split: block.split,
    category: block.category,
    gallery: block.ids,
    triplets: toTriplets(block, keyOf),
  }));
  return {
    ...accessTo(name, parts),
    name,
    uses: { train: 'train', validation: 'val', test: 'test' },
    image: async (id) => images.image(entry(id).index),
    file: () => undefined,
    version: async (id) => String(entry(id).index), // its place in a file that does not change
    attributes: (id) => entry(id).attributes,
    attributeKey: keyOf,
    describe: (id, random) => set.describe(entry(id).category, entry(id).attributes, random),
  };
}

interface KnownImage {
  /** Its place in the file of images. */
  readonly index: number;
  readonly category: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly key: string | undefined;
}

/** Character of an attribute's first value; those of the others follow. */
const firstValue = '0'.charCodeAt(0);
const unknown = '-';

/** The columns of annotations: a character per image for the position of its value, `-` where there is none. */
export const writeColumns = (
  attributeValues: Annotations['attributeValues'],
  images: readonly { readonly attributes: Readonly<Record<string, string | undefined>> }[],
): AnnotationBlock['attributes'] =>
  Object.fromEntries(
    Object.entries(attributeValues).map(([name, values]) => {
      const characters = images.map(({ attributes: { [name]: value } }) =>
        value === undefined ? unknown : String.fromCharCode(firstValue + values.indexOf(value)),
      );
      return [name, characters.join('')];
    }),
  );

/** The attributes of one image. */
function readRow(
  columns: AnnotationBlock['attributes'],
  row: number,
  values: Annotations['attributeValues'],
): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [attribute, column] of Object.entries(columns)) {
    const character = column[row] ?? unknown;
    if (character !== unknown) attributes[attribute] = values[attribute][character.charCodeAt(0) - firstValue];
  }
  return attributes;
}

function toTriplets(block: AnnotationBlock, keyOf: (id: string) => string | undefined): Triplet[] {
  const { split, category, ids, triplets } = block;
  const byKey = new Map<string, string[]>();
  for (const id of ids) {
    const key = keyOf(id);
    if (key) byKey.set(key, [...(byKey.get(key) ?? []), id]);
  }
  return triplets.map(({ reference, target, changed, captions, group }, i) => ({
    id: `${category}-${split}-${i}`,
    category,
    reference,
    target,
    captions,
    changed,
    targets: byKey.get(keyOf(target) ?? '') ?? [target],
    ...(group && { group }),
  }));
}

function missingDecoder(name: EmbeddedName): DecodeFile {
  return async () => {
    throw new Error(
      `the images of ${name} are WebP files; openEmbedded takes a function that decodes them after its files`,
    );
  };
}
