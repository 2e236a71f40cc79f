import type { StoreRow } from '@webcir/retrieval';
import { type ApiError, invalid } from '../errors.ts';
import type { ServedGallery } from '../gallery.ts';
import { type Asked, route } from '../http/route.ts';
import type { Answer, Requests } from '../schemas.ts';
import type { Service } from '../service.ts';
import { forWishes } from './wishes.ts';

type Item = Requests['ItemsRequest']['items'][number];
const path = '/v1/galleries/{gallery}/items';
const ids = { name: 'id', description: 'Ids of images, one or more', isList: true } as const;

/** What reads and writes the images of a gallery. */
export const items = (service: Service) => [
  route({
    method: 'post',
    path,
    summary: 'Stores images, in the place of those that have the same ids',
    description: 'All of them or none. When it answers, they are on disk.',
    body: 'ItemsRequest',
    form: {
      description: 'Each file is an image, whose id is its name.',
      body: (_, files) => ({ items: files.map(({ name, data }) => ({ id: name, data })) }),
    },
    answer: 'Stored',
    async handle(asked): Promise<Answer<'Stored'>> {
      const gallery = service.gallery(asked.path.gallery);
      return store(service, gallery, asked, asked.body.items);
    },
  }),
  route({
    method: 'put',
    path: `${path}/{id}`,
    summary: 'Stores an image',
    body: 'ItemRequest',
    form: {
      description: 'One file, the image, and metadata as JSON.',
      body: (fields, files) => ({ ...fields, ...(files.length === 1 && { data: files[0].data }) }),
    },
    takesFile: true,
    answer: 'Stored',
    async handle(asked): Promise<Answer<'Stored'>> {
      const gallery = service.gallery(asked.path.gallery);
      return store(service, gallery, asked, [{ ...asked.body, id: asked.path.id }]);
    },
  }),
  route({
    method: 'get',
    path,
    summary: 'Reads images by their ids; those that are not there are left out',
    parameters: [ids, { name: 'features', description: 'true for the features, too' }],
    answer: 'Items',
    async handle({ path, query }): Promise<Answer<'Items'>> {
      const found = await service.gallery(path.gallery).get(idsOf(service, query));
      const withFeature = query.get('features') === 'true';
      return {
        object: 'list',
        data: found.flatMap((image) =>
          image
            ? [{ id: image.id, metadata: image.metadata, ...(withFeature && { feature: Array.from(image.feature) }) }]
            : [],
        ),
      };
    },
  }),
  route({
    method: 'delete',
    path,
    summary: 'Takes images out; ids that are not there do no harm',
    parameters: [ids],
    answer: 'Deleted',
    async handle({ path, query }): Promise<Answer<'Deleted'>> {
      return { deleted: await service.gallery(path.gallery).delete(idsOf(service, query)) };
    },
  }),
];

function idsOf({ limits }: Service, query: URLSearchParams): string[] {
  const found = query.getAll('id');
  if (found.length > 0 && found.length <= limits.items) return found;
  throw invalid('invalid_request', `id: expected 1 to ${limits.items} ids, found ${found.length}`, 'id');
}

async function store(
  service: Service,
  gallery: ServedGallery,
  { signal }: Pick<Asked<unknown>, 'signal'>,
  items: readonly Item[],
): Promise<Answer<'Stored'>> {
  gallery.expectWritable();
  const { embedDim } = service.models.config;
  const nameOf = (i: number) => `items[${i}]`;
  const shown = items.flatMap(({ data }, i) => (data === undefined ? [] : [{ data, i }]));
  const images = await Promise.all(
    shown.map(({ data, i }) => service.pictures.read(data, `${nameOf(i)}.data`, signal)),
  );
  const encoded = await forWishes((i) => nameOf(shown[i].i), service.encoding.images(images, signal));
  const features = new Map(shown.map(({ i }, at) => [i, encoded[at]]));
  const rows = items.map(({ id, feature, metadata = {} }, i): StoreRow => {
    if (feature && feature.length !== embedDim) throw wrongWidth(nameOf(i), embedDim, feature.length);
    return { id, metadata, feature: features.get(i) ?? Float32Array.from(feature!) };
  });
  await forWishes(nameOf, gallery.put(rows));
  return { object: 'list', stored: items.map(({ id }) => id) };
}

const wrongWidth = (param: string, expected: number, found: number): ApiError =>
  invalid('invalid_feature', `${param}.feature: expected ${expected} values, found ${found}`, `${param}.feature`);
