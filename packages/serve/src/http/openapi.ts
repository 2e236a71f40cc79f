import * as z from 'zod';
import type { Limits } from '../limits.ts';
import { requestSchemas, responseSchemas } from '../schemas.ts';
import type { Route } from './route.ts';

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ 'application/json': { schema: reference(name) } });

/**
 * The OpenAPI document of some routes. zod makes JSON Schema of what they take and give, which is what OpenAPI 3.1 has
 * for schemas.
 */
export function openApiDocument(routes: readonly Route[], limits: Limits): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'webcir serve',
      version: '1',
      description: 'Composed image retrieval: an image and a sentence that says how the wanted image differs.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas: { ...componentsOf(requestSchemas(limits), 'input'), ...componentsOf(responseSchemas, 'output') },
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ key: [] }],
  };
}

function operation({ method, path, summary, description, parameters = [], isOpen, ...route }: Route) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = parameters.map(({ name, description, isList }) => ({
    name,
    in: 'query',
    description,
    schema: isList ? { type: 'array', items: { type: 'string' } } : { type: 'string' },
  }));
  const words = [method, ...path.replace(/^\/(v1\/)?/, '').split(/\W+/)].filter(Boolean);
  return {
    operationId: words.map((word, i) => (i === 0 ? word : word[0].toUpperCase() + word.slice(1))).join(''),
    summary,
    ...(description && { description }),
    ...(isOpen && { security: [] }),
    parameters: [...inPath, ...inQuery],
    ...(route.body && { requestBody: { required: true, content: contentOf(route) } }),
    responses: {
      200: {
        description: 'OK',
        content: route.answer === 'text' ? { 'text/plain': { schema: { type: 'string' } } } : json(route.answer),
      },
      default: { description: 'An error, in the shape of OpenAI', content: json('Error') },
    },
  };
}

function contentOf({ body, form, takesFile }: Omit<Route, 'handle' | 'method' | 'path' | 'summary'>) {
  const file = { type: 'string', contentMediaType: 'application/octet-stream' };
  return {
    ...json(body!),
    ...(form && {
      'multipart/form-data': {
        schema: {
          type: 'object',
          description: form.description,
          properties: { image: { type: 'array', items: file }, query: { type: 'string' } },
        },
      },
    }),
    ...(takesFile && { 'image/*': { schema: {} } }),
  };
}

/** JSON Schema of some schemas, by their names. */
function componentsOf(schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output') {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, reused: 'inline' });
      return [name, rest];
    }),
  );
}
