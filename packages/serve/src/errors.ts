import { DeviceLostError } from '@webcir/kernels';

/** OpenAI's kinds of errors, by status. */
const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** What a client is told. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  /** For programs: `image_too_large`. */
  readonly code: string;
  /** The part of the request that is at fault: `input[3].image`. */
  readonly param: string | null;
  /** Seconds after which it is worth another try. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    { param = null, retryAfter, ...options }: ErrorOptions & { param?: string | null; retryAfter?: number } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.param = param;
    this.retryAfter = retryAfter;
  }

  /** In OpenAI's shape. */
  get body() {
    const { message, param, code, status } = this;
    const type = types[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
    return { error: { message, type, param, code } };
  }
}

/** A request that cannot be met as it is. */
export const invalid = (code: string, message: string, param: string | null = null): ApiError =>
  new ApiError(400, code, message, { param });

/** A lost device is opened again by the retriever: for a moment, nothing can be encoded. */
export const deviceLost = (cause: unknown): ApiError =>
  new ApiError(503, 'device_lost', 'the device was lost, and is being opened again', { retryAfter: 2, cause });

/** What a client is told of any error. What nobody expected is in the log alone. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof DeviceLostError) return deviceLost(error);
  return new ApiError(500, 'internal_error', 'an error that is not yours: the log has it, by the request id', {
    cause: error,
  });
}

/**
 * Does work of which a RangeError says that the request is at fault, as retrievers and stores say it.
 * @throws ApiError with status 400 in its place
 */
export async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RangeError ? invalid('invalid_request', error.message) : error;
  }
}
