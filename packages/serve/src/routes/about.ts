import { ApiError } from '../errors.ts';
import type { ServedGallery } from '../gallery.ts';
import { route } from '../http/route.ts';
import type { Answer } from '../schemas.ts';
import type { Service } from '../service.ts';

/** What tells of the service itself. */
export const about = (service: Service) => [
  route({
    method: 'get',
    path: '/v1/models',
    summary: 'The model that encodes',
    answer: 'Models',
    handle: (): Answer<'Models'> => ({
      object: 'list',
      data: [
        {
          id: service.model,
          object: 'model',
          created: service.started,
          owned_by: 'webcir',
          dimensions: service.models.config.embedDim,
        },
      ],
    }),
  }),
  route({
    method: 'get',
    path: '/v1/galleries',
    summary: 'The galleries that can be searched',
    answer: 'Galleries',
    async handle(): Promise<Answer<'Galleries'>> {
      return { object: 'list', data: await Promise.all([...service.galleries.values()].map(galleryOf)) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/galleries/{gallery}',
    summary: 'One of the galleries',
    answer: 'Gallery',
    handle: ({ path }): Promise<Answer<'Gallery'>> => galleryOf(service.gallery(path.gallery)),
  }),
  route({
    method: 'get',
    path: '/health',
    summary: 'Whether the process answers',
    answer: 'State',
    isOpen: true,
    handle: (): Answer<'State'> => ({ status: 'ok' }),
  }),
  route({
    method: 'get',
    path: '/ready',
    summary: 'Whether requests can be met',
    description: '503 while the device is being opened again, and from the moment that the service is told to stop.',
    answer: 'State',
    isOpen: true,
    handle(): Answer<'State'> {
      if (service.isStopping) throw new ApiError(503, 'stopping', 'the service is about to stop');
      if (!service.models.isReady)
        throw new ApiError(503, 'device_lost', 'the device was lost, and is being opened again', { retryAfter: 2 });
      return { status: 'ready' };
    },
  }),
  route({
    method: 'get',
    path: '/metrics',
    summary: 'Counts and times, for Prometheus',
    answer: 'text',
    async handle(_, context) {
      context.header('content-type', service.metrics.contentType);
      return service.metrics.text();
    },
  }),
];

async function galleryOf({ name, store, isReadOnly }: ServedGallery): Promise<Answer<'Gallery'>> {
  const { dim, fingerprint } = store.model;
  return {
    id: name,
    object: 'gallery',
    images: await store.count(),
    dimensions: dim,
    fingerprint,
    readOnly: isReadOnly,
  };
}
