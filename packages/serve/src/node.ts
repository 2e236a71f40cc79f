export type { GalleryOptions } from './gallery.ts';
export type { RequestLine } from './http/app.ts';
export { expectKeys, keysOf } from './keys.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { type Listening, type ListenOptions, listen } from './listen.ts';
export type { Models } from './models.ts';
export type { RemoteOptions } from './remote/fetch-image.ts';
