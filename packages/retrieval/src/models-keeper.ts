import { type Device, DeviceLostError } from '@webcir/kernels';
import { type Models, ModelsOnDevice } from './models-on-device.ts';

/** Milliseconds to wait before each try to open a lost device again: a driver that starts anew needs a moment. */
const tries = [0, 250, 1000];

/** Does some work with the models of a retriever (`ModelsKeeper.use`). */
export type UseModels = <T>(work: (models: ModelsOnDevice) => Promise<T>) => Promise<T>;

/** What keeps a retriever's models on a device that works. */
interface KeeperOptions {
  readonly models: Models;
  readonly onDevice: ModelsOnDevice;
  /** Opens a device on a new adapter; not given where the device belongs to a host application. */
  readonly open: (() => Promise<Device>) | undefined;
  /** Called before the models of another device are used: galleries move with them. */
  onMove(device: Device): Promise<void>;
}

/**
 * The models of a retriever on the device at hand. A lost device that was opened here is opened again, on a new adapter,
 * and work that it interrupted is done over. A host's is the host's affair: `rebind`.
 */
export class ModelsKeeper {
  readonly #models: Models;
  readonly #onMove: (device: Device) => Promise<void>;
  #open: (() => Promise<Device>) | undefined;
  #onDevice: ModelsOnDevice;
  #moving: Promise<void> | undefined;
  /** Why no device could be opened any more. */
  #failure: DeviceLostError | undefined;
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  constructor({ models, onDevice, open, onMove }: KeeperOptions) {
    this.#models = models;
    this.#onDevice = onDevice;
    this.#open = open;
    this.#onMove = onMove;
  }

  get device(): Device {
    return this.#onDevice.device;
  }

  /**
   * Does some work with the models, again if the device was lost meanwhile and could be opened again.
   * @throws DeviceLostError where a host's device is lost, or no device can be opened
   */
  async use<T>(work: (models: ModelsOnDevice) => Promise<T>): Promise<T> {
    for (let losses = 0; ; losses++) {
      while (this.#moving) await this.#moving.catch(() => {});
      this.expectOpen();
      if (this.#failure) throw this.#failure;
      const models = this.#onDevice;
      const running = work(models);
      this.#running.add(running);
      try {
        return await running;
      } catch (error) {
        const { loss } = models.device;
        if (!loss || this.#closed) throw error;
        if (losses === tries.length) throw unopened(error);
        if (models === this.#onDevice) await this.#replace(loss);
      } finally {
        this.#running.delete(running);
      }
    }
  }

  /** @throws Error once it is closed */
  expectOpen(): void {
    if (this.#closed) throw new Error('this retriever is disposed of: load another one');
  }

  /** Moves the models to a device of a host application, when work that is under way is done. */
  async rebind(device: Device): Promise<void> {
    while (this.#moving) await this.#moving.catch(() => {});
    this.expectOpen();
    await this.#move(async () => {
      await Promise.allSettled(this.#running);
      const before = this.#onDevice;
      await this.#settle(device);
      if (this.#open) before.device.close();
      this.#open = undefined;
      this.#failure = undefined;
    });
  }

  /** Frees the models, when work that is under way is done, and closes the device where it was opened here. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#moving?.catch(() => {});
    await Promise.allSettled(this.#running);
    await this.#onDevice.dispose();
    if (this.#open) this.device.close();
  }

  #replace(loss: DeviceLostError): Promise<void> {
    const open = this.#open;
    if (!open) throw new DeviceLostError(`${loss.message}. It is the host's: rebind(device)`, { cause: loss });
    return this.#move(async () => {
      let last: unknown;
      for (const pause of tries) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        let device: Device | undefined;
        try {
          device = await open();
          return await this.#settle(device);
        } catch (error) {
          last = error;
          device?.close();
        }
      }
      this.#failure = unopened(last);
      throw this.#failure;
    });
  }

  /** Lets no work begin until a move has ended. */
  #move(move: () => Promise<void>): Promise<void> {
    this.#moving ??= move().finally(() => {
      this.#moving = undefined;
    });
    return this.#moving;
  }

  async #settle(device: Device): Promise<void> {
    const before = this.#onDevice;
    const models = await ModelsOnDevice.upload(device, this.#models);
    try {
      await device.idle(); // a device may be lost from the start
      await this.#onMove(device);
    } catch (error) {
      await models.dispose();
      throw error;
    }
    this.#onDevice = models;
    await before.dispose();
  }
}

const unopened = (cause: unknown) =>
  new DeviceLostError(
    `the WebGPU device was lost, and could not be opened again in ${tries.length} tries: ` +
      `${typeof process === 'undefined' ? 'reload the page' : 'start again'} (${(cause as Error).message})`,
    { cause },
  );
