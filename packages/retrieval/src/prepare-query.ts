import { lengthFor, packTokens } from '@webcir/clip';
import { BufferUsage, type HostArray, type Inputs, type InputWriter } from '@webcir/kernels';
import { type EncodeContext, encodeParts } from './encode-parts.ts';
import type { ModelsOnDevice } from './models-on-device.ts';
import type { ShownImage } from './query.ts';
import { type BufferFeature, isBuffer, type ResolvedQuery } from './resolve-query.ts';
import { type SearchKind, sharesOf } from './search-graph.ts';

/** What a query is made ready with. */
export interface QueryContext extends EncodeContext {
  readonly models: ModelsOnDevice;
  /** An image as the encoder takes it, normalized, [1, size, size, 3]; or what writes it, to be recorded at once. */
  pixelsOf(image: ShownImage): Promise<Float32Array | InputWriter>;
}

/** A query that is ready for the program of its kind. */
export interface PreparedQuery {
  readonly kind: SearchKind;
  /** The program's inputs, for one run: to be asked for when the program is there. */
  inputs(): Promise<Inputs>;
}

/**
 * All that the program of a query needs. A single image that is not in the gallery comes as pixels, so that it is
 * encoded in the search itself.
 * @param found how many images are to be found
 */
export async function prepareQuery(
  context: QueryContext,
  { references, rows, weights, avoid }: ResolvedQuery,
  found: number,
): Promise<PreparedQuery> {
  const { config, combiner } = context.models;
  const inputs: Record<string, HostArray | InputWriter> = {};
  const [only] = references.length === 1 ? references.map(({ image }) => image) : [];
  let shown: ShownImage | undefined;
  if (only instanceof Float32Array) inputs.feature = only;
  else if (only && isBuffer(only)) inputs.feature = copyOf(only, config.embedDim);
  else shown = only;

  const several = references.length > 1 ? references : [];
  const encoded = await encodeParts(context, [{ references: several, avoid }]);
  const mean = encoded.meanOf(several);
  if (mean) inputs.feature = mean;
  const away = encoded.awayFrom(avoid);
  if (away) inputs.avoid = away;

  let textLength: number | undefined;
  if (rows) {
    await context.models.loadTokens(rows);
    const { tokens, eotPositions, length } = packTokens([rows], lengthFor([rows], config.contextLength));
    Object.assign(inputs, { tokens, eotPositions });
    textLength = length;
  }
  const isWeighted = references.length > 0 && rows !== undefined && weights.image !== weights.text;
  if (isWeighted) inputs.shares = sharesOf(weights, combiner !== undefined);
  const image = shown ? 'pixels' : inputs.feature && 'feature';
  return {
    kind: { image, textLength, isWeighted, avoids: away !== undefined, found },
    inputs: async () => (shown ? { ...inputs, pixels: await context.pixelsOf(shown) } : inputs),
  };
}

/** What copies a feature in a buffer to where the search reads it. @throws RangeError naming what is wrong with it */
function copyOf({ feature, offset = 0 }: BufferFeature, embedDim: number): InputWriter {
  const bytes = 4 * embedDim;
  if (offset % 4 !== 0 || offset < 0 || offset + bytes > feature.size)
    throw new RangeError(
      `feature: expected ${bytes} bytes from a multiple of 4 on, found ${feature.size} from ${offset}`,
    );
  if (!(feature.usage & BufferUsage.COPY_SRC))
    throw new RangeError(`feature: expected a buffer with the usage COPY_SRC, found usage ${feature.usage}`);
  return (encoder, to) => encoder.copyBufferToBuffer(feature, offset, to.buffer, to.offset, bytes);
}
