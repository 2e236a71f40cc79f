// Models that need no device: features that tests can foresee.
import type { RawImage } from '@webcir/clip';
import {
  FlatStore,
  type ImageFeature,
  memoryFiles,
  type Query,
  QueryError,
  type WeightedReference,
} from '@webcir/retrieval';
import { model } from '@webcir/retrieval/test/small';
import sharp from 'sharp';
import { type AppOptions, createApp } from '../src/http/app.ts';
import type { Models } from '../src/models.ts';
import { Service, type ServiceOptions } from '../src/service.ts';

export const dim = model.config.embedDim;
export const fingerprint = 'of the stub';

/** One axis for each of some words and colours. */
const axes = ['red', 'green', 'blue', 'longer', 'shorter', 'dark'];
const axis = (name: string): Float32Array =>
  Float32Array.from({ length: dim }, (_, i) => (i === axes.indexOf(name) ? 1 : 0));

export const shownFeature = ({ data }: RawImage): Float32Array => {
  const feature = new Float32Array(dim);
  for (let c = 0; c < 3; c++) feature[c] = data[c] / 255;
  return feature;
};

/** The sum of what the references and the words are. */
function composed({ image, text }: Query): Float32Array {
  if (text === 'too long') throw new RangeError('text: expected at most 77 tokens');
  const sum = new Float32Array(dim);
  const add = (feature: Float32Array) => {
    for (const [i, value] of feature.entries()) sum[i] += value;
  };
  for (const reference of [image ?? []].flat() as WeightedReference[]) {
    const source = (typeof reference === 'object' && 'weight' in reference ? reference.image : reference) as object;
    add('feature' in source ? ((source as ImageFeature).feature as Float32Array) : shownFeature(source as RawImage));
  }
  for (const word of text?.split(' ') ?? []) add(axis(word));
  return sum;
}

export interface Stub extends Models {
  /** Sizes of the batches that were composed. */
  readonly batches: number[];
  /** Called before each batch. */
  before: () => Promise<void>;
}

export function stubModels(): Stub {
  const batches: number[] = [];
  const stub: Stub = {
    batches,
    before: async () => {},
    config: model.config,
    preprocessing: { transform: 'squarepad' },
    async compose(queries) {
      batches.push(queries.length);
      await stub.before();
      const faults = new Map<number, Error>();
      const features = new Float32Array(queries.length * dim);
      for (const [i, query] of queries.entries()) {
        try {
          features.set(composed(query), i * dim);
        } catch (error) {
          faults.set(i, error as Error);
        }
      }
      if (faults.size > 0) throw new QueryError(faults);
      return features;
    },
    async encodeImages(images) {
      await stub.before();
      const entries = [...(images as Iterable<readonly [string, RawImage]>)];
      const features = new Float32Array(entries.length * dim);
      for (const [i, [, image]] of entries.entries()) features.set(shownFeature(image), i * dim);
      return { ids: entries.map(([id]) => id), features };
    },
    countTokens: (text) => text.split(' ').length + 2,
    searchStore: async (store) => {
      if (store.model.fingerprint !== fingerprint) throw new RangeError('the gallery was made by another CLIP');
      return [];
    },
    dispose: async () => {},
  };
  return stub;
}

/** A store in memory, with an image for each axis. */
export async function stubStore(): Promise<FlatStore> {
  const device = () => Promise.reject(new Error('few rows are scored without a device'));
  const store = await FlatStore.open(memoryFiles(), { device, model: { dim, fingerprint }, storage: 'F32' });
  const features = new Float32Array(axes.length * dim);
  for (const [i, name] of axes.entries()) features.set(axis(name), i * dim);
  await store.put({ ids: axes, features, metadata: axes.map((name, row) => ({ name, row })) });
  return store;
}

export async function png(r: number, g: number, b: number, size = 20) {
  const background = { r, g, b };
  const bytes = await sharp({ create: { width: size, height: size, channels: 3, background } })
    .png()
    .toBuffer();
  return new Uint8Array(bytes);
}

/** A service over a stub, asked without a socket. */
export async function stubService(options: Partial<ServiceOptions> & AppOptions = {}) {
  const models = stubModels();
  const galleries = new Map([['photos', { store: await stubStore() }]]);
  const service = await Service.open({ open: async () => models, model: 'stub', galleries, ...options });
  const app = createApp(service, options);
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const isJson = body !== undefined && !(body instanceof FormData) && !(body instanceof Uint8Array);
    const response = await app.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { host: 'localhost', ...(isJson && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as FormData) }),
      }),
    );
    const text = await response.text();
    const isJsonAnswer = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJsonAnswer ? JSON.parse(text) : text };
  };
  return { service, models, ask, post: (path: string, body: unknown) => ask('POST', path, body) };
}
