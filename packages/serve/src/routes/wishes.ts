import { WishError } from '../batcher.ts';
import { invalid } from '../errors.ts';

/**
 * Answers to the wishes of a request.
 * @param nameOf the part of the request that a wish was
 * @throws ApiError naming the part of the request whose wish was wrong
 */
export async function forWishes<T>(nameOf: (index: number) => string, answers: Promise<T>): Promise<T> {
  try {
    return await answers;
  } catch (error) {
    if (!(error instanceof WishError)) throw error;
    const { cause, index } = error;
    const name = nameOf(index);
    if (cause instanceof RangeError) throw invalid('invalid_query', cause.message, name === '' ? null : name);
    throw cause;
  }
}
