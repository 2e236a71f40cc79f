import { BufferUsage, type Program } from '@webcir/kernels';
import type { Gallery } from './gallery.ts';
import { type CheckedQuery, isFeature, type Query } from './query.ts';

/** A search that a host application submits itself, and what it leaves in the host's buffers. */
export interface RecordedSearch {
  readonly gallery: Gallery;
  /**
   * One reference that is not in the gallery, or any number of those that are. What would have to be encoded by itself,
   * further images and words to avoid, is refused, and so are `exclude` and `minScore`: whoever reads the buffers knows.
   */
  readonly query: Query;
  /** f32 [k]: cosine similarities, best first. */
  readonly scores?: GPUBuffer;
  /** u32 [k]: rows of `gallery.ids`, in the same order. */
  readonly indices?: GPUBuffer;
}

/** @throws RangeError naming what cannot be recorded */
export function expectRecordable({ query }: RecordedSearch, { references, avoid }: CheckedQuery): void {
  const fail = (what: string) => {
    throw new RangeError(`encode: ${what} cannot be recorded in one search: use search`);
  };
  if (query.exclude !== undefined) fail('what to exclude');
  if (query.minScore !== undefined) fail('a least score');
  if (avoid.texts.length > 0) fail('words to avoid');
  if (!avoid.images.every(isFeature)) fail('an image to avoid that is not in the gallery');
  if (references.length > 1 && !references.every(({ image }) => isFeature(image)))
    fail('one of several references that is not in the gallery');
}

/** Records the copies of what was found. @throws RangeError naming a buffer that cannot take it */
export function copyFound(
  encoder: GPUCommandEncoder,
  program: Program<'scores' | 'indices'>,
  { scores, indices }: RecordedSearch,
): void {
  for (const [name, target] of Object.entries({ scores, indices })) {
    if (!target) continue;
    const { buffer, offset, size } = program.region(name as 'scores');
    if (target.size < size) throw new RangeError(`${name}: expected a buffer of ${size} bytes, found ${target.size}`);
    if (!(target.usage & BufferUsage.COPY_DST))
      throw new RangeError(`${name}: expected a buffer with the usage COPY_DST, found usage ${target.usage}`);
    encoder.copyBufferToBuffer(buffer, offset, target, 0, size);
  }
}
