import { normalized, type Query } from '@webcir/retrieval';
import { ApiError, invalid } from '../errors.ts';
import { route } from '../http/route.ts';
import type { Answer, Requests } from '../schemas.ts';
import type { Service } from '../service.ts';
import { forWishes } from './wishes.ts';

type Input = Exclude<Requests['EmbeddingsRequest']['input'], string>[number];

/** `POST /v1/embeddings`, in OpenAI's shape. */
export const embeddings = (service: Service) =>
  route({
    method: 'post',
    path: '/v1/embeddings',
    summary: 'Encodes texts, images, and queries of both',
    description:
      'A text or an image becomes a point of the space in which both are compared; an item with an image and a text ' +
      'becomes the query feature of "this image, but …": what it is nearest to is what is wanted.',
    body: 'EmbeddingsRequest',
    answer: 'Embeddings',
    async handle({ body, signal }): Promise<Answer<'Embeddings'>> {
      const { config } = service.models;
      const { model = service.model, input, dimensions, encoding_format: format, truncate = false } = body;
      if (model !== service.model)
        throw new ApiError(
          404,
          'model_not_found',
          `there is no model ${JSON.stringify(model)} here, but ${service.model}`,
          {
            param: 'model',
          },
        );
      if (dimensions !== undefined && dimensions !== config.embedDim)
        throw invalid(
          'invalid_dimensions',
          `${model} has ${config.embedDim} dimensions, not ${dimensions}`,
          'dimensions',
        );
      const inputs: readonly Input[] = typeof input === 'string' ? [input] : input;
      const nameOf = (index: number) => (typeof input === 'string' ? 'input' : `input[${index}]`);
      const queries = await Promise.all(
        inputs.map(async (item, index): Promise<Query> => {
          const { text, image } = typeof item === 'string' ? { text: item, image: undefined } : item;
          return {
            truncate,
            ...(text !== undefined && { text }),
            ...(image !== undefined && { image: await service.pictures.read(image, `${nameOf(index)}.image`, signal) }),
          };
        }),
      );
      const features = await forWishes(nameOf, service.encoding.compose(queries, signal));
      const tokens = queries.reduce((sum, { text, image }) => {
        return sum + (text === undefined ? 0 : service.models.countTokens(text)) + (image === undefined ? 0 : 1);
      }, 0);
      return {
        object: 'list',
        data: features.map((feature, index) => ({
          object: 'embedding',
          index,
          embedding: format === 'base64' ? base64Of(normalized(feature)) : Array.from(normalized(feature)),
        })),
        model,
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      };
    },
  });

const base64Of = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
