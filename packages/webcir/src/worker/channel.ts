import type { ByteSource } from '@webcir/clip';
import { revived, type SentError, sendable } from './errors.ts';
import type { Port } from './types.ts';

/** What the other side may call. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

type Message =
  | { readonly call: number; readonly method: string | number; readonly args: readonly unknown[] }
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: SentError };

/** Tells our messages from others that a worker sends. */
interface Envelope {
  readonly webcir: Message;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A result whose memory moves to the other side. */
export class Transferred {
  readonly value: unknown;
  readonly transfer: (ArrayBuffer | ImageBitmap)[];

  constructor(value: unknown, transfer: (ArrayBuffer | ImageBitmap)[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** Functions under these names are called from the other side: whoever calls them waits, or needs no answer. */
const CALLED_FROM_AFAR = /^(on[A-Z]\w*|read|next|return)$/;

/** How a function stands in a message. */
const FUNCTION = 'webcir function';

/**
 * Two sides of a thread that call each other. Arguments are whatever can be cloned, and functions among them by their
 * names (`onProgress`), as long as the call lasts.
 */
export class Channel {
  readonly #port: Port;
  readonly #methods: Methods;
  readonly #functions = new Map<number, (...args: never[]) => unknown>();
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #closed: Error | undefined;

  constructor(port: Port, methods: Methods) {
    this.#port = port;
    this.#methods = methods;
    port.addEventListener('message', (event) => {
      const { data } = event as MessageEvent<Partial<Envelope> | undefined>;
      if (data?.webcir) void this.#receive(data.webcir);
    });
    port.start?.();
  }

  /** Calls a method of the other side, with functions that it may call until it has answered. */
  async call(method: string | number, ...args: unknown[]): Promise<unknown> {
    const lent: number[] = [];
    try {
      return await this.#send(method, this.#packed(args, lent) as unknown[]);
    } finally {
      for (const id of lent) this.#functions.delete(id);
    }
  }

  /** The same, with functions that it may call for ever. */
  async callForGood(method: string, ...args: unknown[]): Promise<unknown> {
    return this.#send(method, this.#packed(args, []) as unknown[]);
  }

  /** Rejects all calls that wait, and those to come. */
  close(error: Error): void {
    this.#closed ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#closed);
    this.#waiting.clear();
  }

  /** Calls a function of the other side. Whoever only tells it something waits for no answer. */
  #callBack(id: number, args: unknown[]): Promise<unknown> {
    const answered = this.call(id, ...args);
    answered.catch(() => {});
    return answered;
  }

  #send(method: string | number, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw this.#closed;
      const call = this.#next++;
      this.#post({ call, method, args });
      this.#waiting.set(call, { resolve, reject });
    });
  }

  #post(message: Message, transfer: (ArrayBuffer | ImageBitmap)[] = []): void {
    this.#port.postMessage({ webcir: message } satisfies Envelope, transfer);
  }

  async #receive(message: Message): Promise<void> {
    if ('call' in message) {
      const { call: answer, method } = message;
      try {
        const found = typeof method === 'number' ? this.#functions.get(method) : this.#methods[method];
        if (!found) throw new Error(`there is nothing to call by the name ${method}`);
        const result = await found(...(this.#unpacked(message.args) as never[]));
        const { value, transfer } = result instanceof Transferred ? result : new Transferred(result, []);
        this.#post({ answer, value }, transfer);
      } catch (error) {
        this.#post({ answer, error: sendable(error) });
      }
      return;
    }
    const waiting = this.#waiting.get(message.answer);
    this.#waiting.delete(message.answer);
    if ('error' in message) waiting?.reject(revived(message.error));
    else waiting?.resolve(message.value);
  }

  /** What can be cloned in the place of addresses, sources of bytes, and functions. @param lent gets the functions */
  #packed(value: unknown, lent: number[], name = ''): unknown {
    if (typeof value === 'function' && CALLED_FROM_AFAR.test(name)) {
      const id = this.#next++;
      this.#functions.set(id, value as (...args: never[]) => unknown);
      lent.push(id);
      return { [FUNCTION]: id };
    }
    if (value instanceof URL) return value.href;
    if (Array.isArray(value)) return value.map((item) => this.#packed(item, lent));
    if (isByteSource(value)) {
      const { name, size, read } = value;
      return { name, size, read: this.#packed((...range: [number, number]) => read.apply(value, range), lent, 'read') };
    }
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#packed(item, lent, key)]));
  }

  #unpacked(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#unpacked(item));
    if (!isPlain(value)) return value;
    const id = value[FUNCTION];
    if (typeof id === 'number') return (...args: unknown[]) => this.#callBack(id, args);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#unpacked(item)]));
  }
}

const isByteSource = (value: unknown): value is ByteSource =>
  typeof value === 'object' && value !== null && 'read' in value && 'size' in value;

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
