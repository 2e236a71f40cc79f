import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../errors.ts';
import { type ApiKeys, isLoopback } from '../keys.ts';

/** What is kept of a request while it is answered. */
export interface Env {
  readonly Bindings: object;
  readonly Variables: { requestId: string; route?: string };
}

/** Notes which route a request has come to. */
export const named =
  (route: string): MiddlewareHandler<Env> =>
  (context, next) => {
    context.set('route', route);
    return next();
  };

/** Refuses a request without a key. */
export const requireKey =
  (keys: ApiKeys): MiddlewareHandler<Env> =>
  async (context, next) => {
    if (!keys.accept(context.req.header('authorization'))) {
      context.header('www-authenticate', 'Bearer');
      throw new ApiError(
        401,
        'invalid_api_key',
        'expected a header "Authorization: Bearer KEY" with a key of this service',
      );
    }
    await next();
  };

/**
 * Refuses what a page of another site has its visitor's browser send, where there are no keys: such a page can reach a
 * service on the visitor's own machine. A name that is not this machine's shows that a page had its own name point here.
 */
export const refuseOtherSites =
  (origins: readonly string[]): MiddlewareHandler<Env> =>
  async (context, next) => {
    const host = context.req.header('host');
    const origin = context.req.header('origin');
    if (host === undefined || !isLoopback(hostname(`http://${host}`)))
      throw new ApiError(403, 'host_not_allowed', 'without keys, this service is for its own machine: use localhost');
    if (origin !== undefined && origin !== `http://${host}` && !origins.includes(origin))
      throw new ApiError(403, 'origin_not_allowed', 'this service takes no requests of pages of other sites');
    await next();
  };

const hostname = (url: string): string => (URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '');

/** Refuses requests beyond a number of them at once, before their bodies are read. */
export function limitRequests(most: number): MiddlewareHandler<Env> {
  let count = 0;
  return async (_, next) => {
    if (count >= most)
      throw new ApiError(429, 'too_many_requests', `${most} requests are under way: try again later`, {
        retryAfter: 1,
      });
    count++;
    try {
      await next();
    } finally {
      count--;
    }
  };
}

/**
 * Refuses a body that is too large. One that says how large it is is believed, as the server holds it to that, and not
 * touched: it can then be read in one piece.
 */
export function limitBody(maxSize: number): MiddlewareHandler<Env> {
  const tooLarge = (): never => {
    throw new ApiError(413, 'body_too_large', `expected a body of at most ${maxSize} bytes`);
  };
  const counted = bodyLimit({ maxSize, onError: tooLarge });
  return async (context, next) => {
    const length = context.req.header('content-length');
    if (length === undefined || context.req.header('transfer-encoding') !== undefined) return counted(context, next);
    if (Number(length) > maxSize) tooLarge();
    await next();
  };
}

/** What pages may not do with answers that are meant for programs. */
export const apiHeaders: MiddlewareHandler<Env> = async (context, next) => {
  await next();
  context.header('x-content-type-options', 'nosniff');
  context.header('cache-control', 'no-store');
};
