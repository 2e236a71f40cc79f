import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import { ApiError, apiErrorOf } from '../errors.ts';
import type { ApiKeys } from '../keys.ts';
import { about } from '../routes/about.ts';
import { embeddings } from '../routes/embeddings.ts';
import { items } from '../routes/items.ts';
import { search } from '../routes/search.ts';
import { requestSchemas } from '../schemas.ts';
import type { Service } from '../service.ts';
import { readBody } from './body.ts';
import { checked } from './check.ts';
import { frontPage } from './front-page.ts';
import { apiHeaders, type Env, limitBody, limitRequests, named, refuseOtherSites, requireKey } from './guards.ts';
import { openApiDocument } from './openapi.ts';
import type { Route } from './route.ts';

/** A request that was answered. */
export interface RequestLine {
  readonly id: string;
  readonly method: string;
  /** Without what comes after `?`. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  /** What went wrong, where nobody expected it. */
  readonly error?: Error;
}

/** How requests come to a service. */
export interface AppOptions {
  /** Who may use it; anyone on this machine unless given. */
  readonly keys?: ApiKeys | undefined;
  /** Origins of pages that may use it, as `https://shop.example.com`; none unless given. */
  readonly origins?: readonly string[];
  /** A folder with the front page. */
  readonly frontPage?: string | undefined;
  onRequest?(line: RequestLine): void;
}

/** The service as a function of requests. */
export function createApp(service: Service, options: AppOptions = {}): { fetch(request: Request): Promise<Response> } {
  const { keys, origins = [] } = options;
  const { limits } = service;
  const routes: readonly Route[] = [embeddings(service), ...about(service), ...items(service), search(service)];
  const app = new Hono<Env>();

  app.use(requestId());
  app.use(async (context, next) => {
    const started = performance.now();
    await next();
    const { method, path } = context.req;
    const { status } = context.res;
    const milliseconds = performance.now() - started;
    if (service.isStopping) context.header('connection', 'close');
    service.metrics.request(method, context.get('route') ?? 'none', status, milliseconds / 1000);
    const error = status === 500 && context.error ? { error: (context.error.cause as Error) ?? context.error } : {};
    options.onRequest?.({ id: context.get('requestId'), method, path, status, milliseconds, ...error });
  });
  app.onError((error, context) => respond(apiErrorOf(error), context));
  app.notFound((context) =>
    respond(new ApiError(404, 'not_found', 'there is nothing at this address: /openapi.json has all that is'), context),
  );
  if (!keys) app.use(refuseOtherSites(origins));
  if (origins.length > 0) {
    const exposeHeaders = ['x-request-id', 'retry-after'];
    app.use(
      cors({ origin: [...origins], allowHeaders: ['authorization', 'content-type'], exposeHeaders, maxAge: 600 }),
    );
  }

  const limit = limitBody(limits.bodyBytes);
  const atOnce = limitRequests(limits.requests);
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    const open = route.isOpen ? [] : [...(keys ? [requireKey(keys)] : []), atOnce];
    app.on(
      route.method,
      path,
      named(route.path),
      apiHeaders,
      ...open,
      ...(route.body ? [limit] : []),
      handlerOf(route, service),
    );
  }
  const document = openApiDocument(routes, limits);
  app.get('/openapi.json', (context) => context.json(document));
  frontPage(app, options.frontPage);
  return { fetch: async (request) => app.fetch(request) };
}

function handlerOf(route: Route, { limits }: Service) {
  const schema = route.body && requestSchemas(limits)[route.body];
  return async (context: Context<Env>) => {
    const { raw } = context.req;
    const body = schema && checked(schema, await readBody(raw, route, limits));
    const query = new URL(raw.url).searchParams;
    const answer = await route.handle(
      { path: context.req.param(), query, body: body as never, signal: raw.signal },
      context,
    );
    return typeof answer === 'string' ? context.body(answer) : context.json(answer);
  };
}

function respond(error: ApiError, context: Context<Env>): Response {
  if (error.retryAfter !== undefined) context.header('retry-after', String(error.retryAfter));
  return context.json(error.body, error.status as 400);
}
