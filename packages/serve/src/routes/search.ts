import {
  type Avoid,
  type Filter,
  type ImageSource,
  type Query,
  type StoredImage,
  type StoreSearch,
  storeSearchOf,
  type WeightedReference,
} from '@webcir/retrieval';
import { asked, invalid } from '../errors.ts';
import type { ServedGallery } from '../gallery.ts';
import { type Asked, route } from '../http/route.ts';
import type { Answer, Requests } from '../schemas.ts';
import type { Service } from '../service.ts';
import { forWishes } from './wishes.ts';

type Search = Requests['SearchRequest'];
type Given = NonNullable<Search['image']>;
type Reference = Exclude<Given, readonly unknown[]>;

/** `POST /v1/galleries/{gallery}/search` */
export const search = (service: Service) =>
  route({
    method: 'post',
    path: '/v1/galleries/{gallery}/search',
    summary: 'Finds the images that fit "this image, but …"',
    description:
      'The query starts from an image or several, from a text, or from both. Images are ids of the gallery, files, or ' +
      'features. Without a text, what is found are the images most like the references, which are left out.',
    body: 'SearchRequest',
    form: {
      description: 'The fields are those of the JSON body, or are in the field query as JSON; files are references.',
      body: ({ image, ...fields }, files) => ({
        ...fields,
        image: [...listOf(image), ...files.map(({ data }) => ({ data }))],
      }),
    },
    answer: 'Found',
    async handle(request): Promise<Answer<'Found'>> {
      const gallery = service.gallery(request.path.gallery);
      const { signal, body } = request;
      const query = await queryOf(service, gallery, request);
      const wishes = await asked(async () => wishesOf(query, body));
      const hits = await forWishes(
        () => '',
        asked(() => service.encoding.search({ gallery, query, wishes }, signal)),
      );
      return { object: 'list', data: hits.map((hit, i) => ({ ...hit, rank: body.offset + i + 1 })) };
    },
  });

const listOf = <T>(given: T | readonly T[] | undefined): readonly T[] =>
  given === undefined ? [] : Array.isArray(given) ? given : [given as T];

const idOf = (reference: Reference): string | undefined => (typeof reference === 'string' ? reference : reference.id);

/** What the store is asked, besides the query feature. References are left out by their ids where there is no text. */
function wishesOf(
  query: Query,
  { image, k, offset, minScore, exclude, filter, candidates, distinct }: Search,
): StoreSearch {
  const ids = listOf<Reference>(image).map((reference) => idOf(reference) ?? { feature: new Float32Array() });
  const wishes = { k, offset, minScore, exclude, filter: filter as Filter, candidates, distinct };
  const { exclude: left = [], ...rest } = storeSearchOf({ ...query, ...wishes, image: ids });
  return { ...rest, candidates, exclude: [...left] };
}

/** The query with features and images in the place of ids and files, so that those of all galleries are one batch. */
async function queryOf(service: Service, gallery: ServedGallery, { body, signal }: Asked<Search>): Promise<Query> {
  const { image, text, weights, avoid, truncate } = body;
  const [references, avoided] = [listOf<Reference>(image), listOf<Reference>(avoid?.image)];
  const stored = await featuresOf(gallery, [...references, ...avoided]);
  const sourceOf = async (reference: Reference, param: string): Promise<ImageSource> => {
    const id = idOf(reference);
    if (id !== undefined) {
      const found = stored.get(id);
      if (!found) throw invalid('unknown_id', `the gallery ${gallery.name} has no image ${JSON.stringify(id)}`, param);
      return { feature: found.feature };
    }
    const { data, feature } = reference as Exclude<Reference, string>;
    if (feature) return { feature: Float32Array.from(feature) };
    return service.pictures.read(data!, param, signal);
  };
  const given = await Promise.all(
    references.map(async (reference, i): Promise<WeightedReference> => {
      const weight = typeof reference === 'string' ? 1 : (reference.weight ?? 1);
      return { image: await sourceOf(reference, `image[${i}]`), weight };
    }),
  );
  const images = await Promise.all(avoided.map((reference, i) => sourceOf(reference, `avoid.image[${i}]`)));
  return {
    image: given,
    ...(text !== undefined && { text }),
    ...(weights && { weights: weights as NonNullable<Query['weights']> }),
    ...(avoid && { avoid: { ...avoid, image: images } as Avoid }),
    ...(truncate !== undefined && { truncate }),
  };
}

/** The images that references name, by their ids: one look into the store. */
async function featuresOf(
  gallery: ServedGallery,
  references: readonly Reference[],
): Promise<ReadonlyMap<string, StoredImage>> {
  const ids = [...new Set(references.flatMap((reference) => idOf(reference) ?? []))];
  const found = ids.length > 0 ? await gallery.get(ids) : [];
  return new Map(found.flatMap((image) => (image ? [[image.id, image] as const] : [])));
}
