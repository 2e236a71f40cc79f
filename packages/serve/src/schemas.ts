import * as z from 'zod';
import type { Limits } from './limits.ts';

const metadata = z.record(z.string(), z.unknown()).describe('What is known of an image: a JSON object.');
const feature = z.array(z.number()).min(1).describe("An image's feature as the model's CLIP gives it, not normalized.");

/** Whether an object has one of some fields, and no other of them. */
const one =
  (...names: readonly string[]) =>
  (value: object) =>
    names.filter((name) => (value as Record<string, unknown>)[name] !== undefined).length === 1;

/** What requests may hold. What only the model or a store can tell is checked by these. */
export function requestSchemas(limits: Limits) {
  const text = z.string().min(1).max(limits.text);
  const picture = z.string().min(1).describe('An image file: as base64, a data URL of base64, or its address.');
  const id = z.string().min(1).max(1024);
  const ids = z.array(id).max(limits.ids);
  const weight = z.number().min(0);
  const reference = z.union([
    id.describe('The id of an image in the gallery.'),
    z
      .strictObject({
        id: id.optional(),
        data: picture.optional(),
        feature: feature.optional(),
        weight: z.number().positive().optional().describe('1 unless given.'),
      })
      .refine(one('id', 'data', 'feature'), 'expected one of id, data and feature'),
  ]);
  const references = z.union([reference, z.array(reference).max(limits.references)]);
  const content = {
    data: picture.optional(),
    feature: feature.optional(),
    metadata: metadata
      .refine(
        (found) => JSON.stringify(found).length <= limits.metadata,
        `expected at most ${limits.metadata} characters of JSON`,
      )
      .optional(),
  };
  const isContent = one('data', 'feature');
  const contentMessage = 'expected one of data and feature';
  return {
    EmbeddingsRequest: z.strictObject({
      model: z.string().optional().describe('The model of /v1/models, which is taken where none is named.'),
      input: z
        .union([
          text,
          z
            .array(
              z.union([
                text,
                z
                  .strictObject({ text: text.optional(), image: picture.optional() })
                  .refine(({ text, image }) => text ?? image, 'expected a text, an image or both'),
              ]),
            )
            .min(1)
            .max(limits.items),
        ])
        .describe('Texts, images, or both in one item, whose embedding is that of the query "this image, but …".'),
      encoding_format: z.enum(['float', 'base64']).default('float').describe('base64 is of float32, little-endian.'),
      dimensions: z.int().optional().describe("The model's own number: no other can be had."),
      truncate: z.boolean().optional().describe('Cuts a text that is too long, instead of refusing it.'),
      user: z.string().optional().describe('Not looked at.'),
    }),
    ItemsRequest: z.strictObject({
      items: z
        .array(z.strictObject({ id, ...content }).refine(isContent, contentMessage))
        .min(1)
        .max(limits.items),
    }),
    ItemRequest: z.strictObject(content).refine(isContent, contentMessage),
    SearchRequest: z.strictObject({
      image: references.optional().describe('What the search starts from.'),
      text: text.optional().describe('How the wanted image differs; without an image, what it shows.'),
      weights: z
        .strictObject({ image: weight.optional(), text: weight.optional() })
        .optional()
        .describe('How much image and text count, 1 each unless given.'),
      avoid: z
        .strictObject({
          text: z.union([text, z.array(text).max(limits.references)]).optional(),
          image: references.optional(),
          weight: weight.optional(),
        })
        .optional()
        .describe('What the images that are found should not be like.'),
      truncate: z.boolean().optional().describe('Cuts a text that is too long, instead of refusing it.'),
      k: z.int().min(1).max(limits.k).default(Math.min(10, limits.k)).describe('How many images to find.'),
      offset: z.int().min(0).max(limits.offset).default(0).describe('How many of the best are passed over.'),
      minScore: z.number().min(-1).max(1).optional().describe('The least cosine similarity that counts.'),
      filter: z
        .union([metadata, z.array(metadata).min(1).max(64)])
        .optional()
        .describe('What the metadata must be like: {"price": {"lt": 100}}. Of a list, one must be met.'),
      candidates: ids.optional().describe('Only these are ranked.'),
      exclude: ids.optional().describe('These are not found.'),
      distinct: z
        .number()
        .gt(-1)
        .max(1)
        .optional()
        .describe('Leaves out what has at least this similarity with a better one.'),
    }),
  };
}

type Schemas = ReturnType<typeof requestSchemas>;

/** What requests hold. */
export type Requests = { readonly [Name in keyof Schemas]: z.output<Schemas[Name]> };

const galleryShape = z.object({
  id: z.string(),
  object: z.literal('gallery'),
  images: z.int().describe('How many there are.'),
  dimensions: z.int(),
  fingerprint: z.string().describe('Of the model that made its features.'),
  readOnly: z.boolean(),
});

/** What answers hold. */
export const responseSchemas = {
  Error: z.object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable().describe('The part of the request that is at fault.'),
      code: z.string(),
    }),
  }),
  Embeddings: z.object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z.union([z.array(z.number()), z.string()]).describe('Normalized.'),
      }),
    ),
    model: z.string(),
    usage: z.object({
      prompt_tokens: z.int().describe('Tokens of the texts; an image counts as one.'),
      total_tokens: z.int(),
    }),
  }),
  Models: z.object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        id: z.string(),
        object: z.literal('model'),
        created: z.int(),
        owned_by: z.string(),
        dimensions: z.int(),
      }),
    ),
  }),
  Gallery: galleryShape,
  Galleries: z.object({ object: z.literal('list'), data: z.array(galleryShape) }),
  Items: z.object({
    object: z.literal('list'),
    data: z.array(z.object({ id: z.string(), metadata, feature: feature.optional() })),
  }),
  Stored: z.object({ object: z.literal('list'), stored: z.array(z.string()).describe('They are on disk.') }),
  Deleted: z.object({ deleted: z.int().describe('How many of the ids were there.') }),
  Found: z.object({
    object: z.literal('list'),
    data: z.array(z.object({ id: z.string(), rank: z.int(), score: z.number(), metadata })),
  }),
  State: z.object({ status: z.string() }),
} satisfies Record<string, z.ZodType>;

/** An answer by its name. */
export type Answer<Name extends keyof typeof responseSchemas> = z.input<(typeof responseSchemas)[Name]>;
