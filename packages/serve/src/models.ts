import type { ClipConfig, Preprocessing } from '@webcir/clip';
import { DeviceLostError } from '@webcir/kernels';
import type { Retriever } from '@webcir/retrieval';
import { deviceLost } from './errors.ts';

/** What a service encodes with. */
export type Models = Pick<
  Retriever,
  'config' | 'preprocessing' | 'compose' | 'encodeImages' | 'countTokens' | 'searchStore' | 'dispose'
>;

/** Seconds between tries to load the models anew; the last one stays. */
const pauses = [1, 2, 5, 10, 30];

/**
 * The models of a service. A retriever opens a lost device again by itself, and work that was under way is done over;
 * where it could not, which it says by throwing DeviceLostError, it is loaded anew, until that succeeds.
 */
export class ServedModels {
  readonly config: ClipConfig;
  readonly preprocessing: Preprocessing;
  readonly #open: () => Promise<Models>;
  readonly #onLoss: (error: unknown) => void;
  #models: Models | undefined;
  #closed = false;
  #wake: () => void = () => {};

  private constructor(models: Models, open: () => Promise<Models>, onLoss: (error: unknown) => void) {
    this.config = models.config;
    this.preprocessing = models.preprocessing;
    this.#models = models;
    this.#open = open;
    this.#onLoss = onLoss;
  }

  /** @param onLoss called when the models have to be loaded anew, and whenever that fails */
  static async open(open: () => Promise<Models>, onLoss: (error: unknown) => void): Promise<ServedModels> {
    return new ServedModels(await open(), open, onLoss);
  }

  /** Whether work can be done. */
  get isReady(): boolean {
    return this.#models !== undefined;
  }

  /** @throws ApiError (503) while the models are being loaded anew */
  async use<T>(work: (models: Models) => Promise<T>): Promise<T> {
    const models = this.#models;
    if (!models) throw deviceLost(undefined);
    try {
      return await work(models);
    } catch (error) {
      if (error instanceof DeviceLostError && this.#models === models) this.#reload(models, error);
      throw error;
    }
  }

  /** How many tokens a text has. */
  countTokens(text: string): number {
    if (!this.#models) throw deviceLost(undefined);
    return this.#models.countTokens(text);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#models?.dispose();
  }

  async #reload(lost: Models, error: unknown): Promise<void> {
    this.#models = undefined;
    this.#onLoss(error);
    await lost.dispose().catch(() => {}); // its device is gone
    for (let tries = 0; !this.#closed; tries++) {
      try {
        const models = await this.#open();
        if (!this.#closed) this.#models = models;
        else await models.dispose();
        return;
      } catch (error) {
        this.#onLoss(error);
      }
      const seconds = pauses[Math.min(tries, pauses.length - 1)];
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000 * seconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
