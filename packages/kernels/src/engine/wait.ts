/**
 * Awaits device work without burning a core. While a promise of Dawn's Node binding is pending, Dawn polls from a
 * setImmediate loop at full speed, which burns a core, and takes it from a driver that runs shaders on the CPU.
 * Sleeping the JavaScript thread between two turns of the event loop gives the core back (measured: matmul 17 → 30
 * GFLOP/s on two cores); `pause` says for how long.
 */
export class Waiter {
  #pending = 0;
  #turns = 0;
  #start = 0;
  #running = false;
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));

  async wait<T>(promise: Promise<T>): Promise<T> {
    this.#turns = 0;
    this.#start = performance.now();
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
    const milliseconds = pause(this.#turns++, performance.now() - this.#start);
    if (milliseconds > 0) Atomics.wait(this.#cell, 0, 0, milliseconds);
    setImmediate(this.#turn);
  };
}

/**
 * Milliseconds to sleep after so many turns of the event loop and milliseconds of waiting: at first not at all, then up
 * to half a millisecond. A turn costs some 25 microseconds, 5 % of that, so long waits sleep for a fiftieth of what
 * they have lasted, up to 1 ms: not longer, since other work of the event loop needs turns too.
 */
export function pause(turns: number, waited: number): number {
  const maxPause = Math.min(1, Math.max(0.5, waited / 50));
  return Math.min(maxPause, 0.02 * Math.max(0, turns - 7));
}
