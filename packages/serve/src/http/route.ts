import type { Context } from 'hono';
import type { Requests, responseSchemas } from '../schemas.ts';
import type { OtherBodies } from './body.ts';
import type { Env } from './guards.ts';

/** What a route gets of a request. */
export interface Asked<Body> {
  /** The parts of the path. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
  /** Ends when the client does not wait any more. */
  readonly signal: AbortSignal;
}

/** A parameter of an address. */
export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly isList?: boolean;
}

/** An address of the service: what it takes and gives, for the OpenAPI document and for the server alike. */
export interface Route<Body extends keyof Requests | undefined = keyof Requests | undefined> extends OtherBodies {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As OpenAPI writes it: `/v1/galleries/{gallery}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: Body;
  readonly answer: keyof typeof responseSchemas | 'text';
  /** Whether it is answered without a key: probes have none. */
  readonly isOpen?: boolean;
  handle(
    asked: Asked<Body extends keyof Requests ? Requests[Body] : undefined>,
    context: Context<Env>,
  ): Promise<object | string> | object | string;
}

/** A route whose body has the type that its name says. */
export const route = <const Body extends keyof Requests | undefined = undefined>(given: Route<Body>): Route =>
  given as unknown as Route;
