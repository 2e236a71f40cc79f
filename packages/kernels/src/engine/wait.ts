/**
 * Awaits device work without burning a core. While a promise of Dawn's Node binding is pending, Dawn polls from a
 * setImmediate loop at full speed, which burns a core, and takes it from a driver that runs shaders on the CPU. Sleeping the
 * JavaScript thread between two turns of the event loop, at first not at all and then up to half a millisecond, gives
 * the core back (measured: matmul 17 → 30 GFLOP/s on two cores) and adds at most that half millisecond.
 */
export class Waiter {
  #pending = 0;
  #turns = 0;
  #running = false;
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));

  async wait<T>(promise: Promise<T>): Promise<T> {
    this.#turns = 0;
    this.#pending++;
    if (!this.#running) {
      this.#running = true;
      setImmediate(this.#turn);
    }
    try {
      return await promise;
    } finally {
      this.#pending--;
    }
  }

  readonly #turn = (): void => {
    if (this.#pending === 0) {
      this.#running = false;
      return;
    }
    this.#turns++;
    const free = 8;
    if (this.#turns > free) Atomics.wait(this.#cell, 0, 0, Math.min(0.5, 0.02 * (this.#turns - free)));
    setImmediate(this.#turn);
  };
}
